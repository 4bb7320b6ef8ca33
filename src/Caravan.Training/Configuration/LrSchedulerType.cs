namespace Caravan.Training.Configuration;

/// <summary>How the learning rate goes after its warm-up.</summary>
public enum LrSchedulerType
{
    Linear,
    Cosine,
    CosineWithRestarts,
    Polynomial,
    Constant,
    ConstantWithWarmup,
}
