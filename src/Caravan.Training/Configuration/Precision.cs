namespace Caravan.Training.Configuration;

/// <summary>Type of parameters and activations.</summary>
public enum Precision
{
    /// <summary>What the machine is fast in: see <see cref="AutomaticPrecision"/>.</summary>
    Auto,
    Fp32,
    Bf16,
}
