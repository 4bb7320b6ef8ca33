using Caravan.Training.Configuration;

namespace Caravan.Training.Optimization;

/// <summary>The learning rate of each update: a linear warm-up from 0, then a decay.</summary>
/// <param name="peak">The rate at the end of the warm-up.</param>
/// <param name="warmupSteps">Updates of the warm-up; update 0 has rate 0 if there are any.</param>
/// <param name="totalSteps">Updates of the whole run; the decaying kinds reach 0 there.</param>
public sealed class LearningRateSchedule(LrSchedulerType type, double peak, int warmupSteps, int totalSteps)
{
    /// <summary>The rate of the update with the 0-based number <paramref name="step"/>.</summary>
    public double At(int step) => peak * Factor(step);

    private double Factor(int step)
    {
        if (type == LrSchedulerType.Constant)
            return 1;
        if (step < warmupSteps)
            return (double)step / Math.Max(1, warmupSteps);
        var decaySteps = Math.Max(1, totalSteps - warmupSteps);
        return type switch
        {
            LrSchedulerType.Linear => Math.Max(0, (double)(totalSteps - step) / decaySteps),
            LrSchedulerType.Cosine => 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)(step - warmupSteps) / decaySteps))),
            _ => 1,
        };
    }
}
