using Caravan.Training.Configuration;

namespace Caravan.Training.Optimization;

/// <summary>The learning rate of each update: a warm-up from 0, then a decay, as Hugging Face's schedules of the same
/// names have it.</summary>
/// <param name="peak">The rate at the end of the warm-up.</param>
/// <param name="warmupSteps">Updates of the warm-up; update 0 has rate 0 if there are any.</param>
/// <param name="totalSteps">Updates of the whole run; the decaying kinds reach their end there.</param>
/// <param name="finalRatio">Where a linear decay ends, as a share of the peak.</param>
public sealed class LearningRateSchedule(
    LrSchedulerType type, double peak, int warmupSteps, int totalSteps, WarmupType warmupType = WarmupType.Linear,
    double finalRatio = 0)
{
    private const double PolynomialEnd = 1e-7; // the rate at which Hugging Face's polynomial schedule ends

    /// <summary>The rate of the update with the 0-based number <paramref name="step"/>.</summary>
    public double At(int step) => peak * Factor(step);

    private double Factor(int step)
    {
        if (type == LrSchedulerType.Constant)
            return 1;
        if (step < warmupSteps)
            return WarmUp(step);
        // A line through 1 at the end of the warm-up and finalRatio at the end of the run reaches 0 there:
        var zero = (totalSteps - finalRatio * warmupSteps) / (1 - finalRatio);
        var progress = (double)(step - warmupSteps) / Math.Max(1, totalSteps - warmupSteps);
        return type switch
        {
            LrSchedulerType.Linear => Math.Max(0, (zero - step) / Math.Max(1, zero - warmupSteps)),
            LrSchedulerType.Cosine => 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress))),
            LrSchedulerType.CosineWithRestarts => progress >= 1 ? 0 : 0.5 * (1 + Math.Cos(Math.PI * progress)),
            LrSchedulerType.Polynomial => progress >= 1
                ? PolynomialEnd / peak
                : (PolynomialEnd + (peak - PolynomialEnd) * (1 - progress)) / peak,
            _ => 1,
        };
    }

    // DeepSpeed's logarithmic warm-up is never shorter than two updates.
    private double WarmUp(int step) => warmupType == WarmupType.Log
        ? Math.Log(step + 1) / Math.Log(Math.Max(2, warmupSteps))
        : (double)step / warmupSteps;
}
