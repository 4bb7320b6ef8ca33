namespace Caravan.Training.Run;

/// <summary>What a training run tells while it goes.</summary>
public abstract record TrainingEvent;

/// <summary>The data is ready and the first update is about to begin.</summary>
/// <param name="FirstStep">0, or the number of updates that an earlier, interrupted run made.</param>
/// <param name="TrainedCount">Of the parameters, or of an adapter beside them.</param>
/// <param name="FillRatio">Share of the rows' room that holds tokens; 1 without packing.</param>
public sealed record TrainingStarted(
    int TotalSteps, int FirstStep, long ParameterCount, long TrainedCount, int TrainRecords, int DroppedRecords,
        int TruncatedRecords,
    double FillRatio) : TrainingEvent;

/// <summary>One update.</summary>
/// <param name="Step">1 for the first.</param>
/// <param name="Loss">Mean over the update's target tokens.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Seconds">Duration of this update.</param>
/// <param name="Epoch">Passes over the data so far, with the fraction.</param>
public sealed record StepCompleted(
    int Step, int TotalSteps, double Loss, double LearningRate, double GradientNorm, long TargetTokens, long Tokens,
    double Seconds, double TokensPerSecond, double Epoch) : TrainingEvent;

/// <summary>An update that was not made, because its loss or gradient was of no use.</summary>
/// <param name="Step">Its number.</param>
/// <param name="InARow">How many were skipped one after the other.</param>
public sealed record StepSkipped(
    int Step, int TotalSteps, double Loss, double GradientNorm, double LearningRate, IReadOnlyList<string> RecordIds,
    int InARow) : TrainingEvent;

/// <summary>The loss per target token on the held-out records, after <paramref name="Step"/> updates.</summary>
public sealed record EvaluationCompleted(int Step, double Loss) : TrainingEvent
{
    /// <summary>e to the loss.</summary>
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>A checkpoint from which the run can go on.</summary>
public sealed record CheckpointSaved(int Step, string Path) : TrainingEvent;

/// <summary>Something that the person should know.</summary>
public sealed record Notice(string Text) : TrainingEvent;
