using Caravan.Training.Run;

namespace Caravan.Cli.Live;

/// <summary>What a display knows of a run, from its events.</summary>
internal sealed class TrainingState
{
    private const double SpeedMemory = 0.9; // of the past in the mean duration of an update: about the last ten count

    private readonly List<double> _losses = [];
    private double _meanSeconds, _weight;

    public TrainingStarted? Start { get; private set; }

    public StepCompleted? LastStep { get; private set; }

    public double? FirstHeldOutLoss { get; private set; }

    public double? LastHeldOutLoss { get; private set; }

    /// <summary>The loss of every update seen.</summary>
    public IReadOnlyList<double> Losses => _losses;

    public int Step => LastStep?.Step ?? Start?.FirstStep ?? 0;

    public int TotalSteps => Start?.TotalSteps ?? 0;

    /// <summary>How long the rest takes if it goes on as the last updates did; null before the first.</summary>
    public TimeSpan? Remaining =>
        LastStep is null ? null : TimeSpan.FromSeconds((TotalSteps - Step) * _meanSeconds / _weight);

    /// <summary>Tokens per second over the last updates; 0 before the first.</summary>
    public double TokensPerSecond { get; private set; }

    public void Add(TrainingEvent happened)
    {
        switch (happened)
        {
            case TrainingStarted start:
                Start = start;
                break;
            case StepCompleted step:
                LastStep = step;
                _losses.Add(step.Loss);
                _meanSeconds = SpeedMemory * _meanSeconds + (1 - SpeedMemory) * step.Seconds;
                _weight = SpeedMemory * _weight + (1 - SpeedMemory);
                TokensPerSecond = TokensPerSecond == 0 ? step.TokensPerSecond
                    : SpeedMemory * TokensPerSecond + (1 - SpeedMemory) * step.TokensPerSecond;
                break;
            case EvaluationCompleted evaluation:
                FirstHeldOutLoss ??= evaluation.Loss;
                LastHeldOutLoss = evaluation.Loss;
                break;
        }
    }
}
