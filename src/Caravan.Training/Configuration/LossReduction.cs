namespace Caravan.Training.Configuration;

/// <summary>What an update's gradient is the mean of.</summary>
public enum LossReduction
{
    TokenMean,
    Mean,
    Sum,
}
