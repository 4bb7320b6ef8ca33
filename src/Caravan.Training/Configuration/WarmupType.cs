namespace Caravan.Training.Configuration;

/// <summary>How the learning rate rises: in a straight line, or as DeepSpeed's schedules do, with the logarithm of the
/// update.</summary>
public enum WarmupType
{
    Linear,
    Log,
}
