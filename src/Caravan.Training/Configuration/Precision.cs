namespace Caravan.Training.Configuration;

/// <summary>Type of parameters and activations.</summary>
public enum Precision
{
    Fp32,
    Bf16,
}
