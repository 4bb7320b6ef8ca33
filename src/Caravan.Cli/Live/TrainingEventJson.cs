using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Training.Run;

namespace Caravan.Cli.Live;

/// <summary>Events as JSON Lines, with the names that metrics.jsonl has.</summary>
internal static class TrainingEventJson
{
    private static readonly JsonSerializerOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Format(TrainingEvent happened) => Describe(happened).ToJsonString(Readable);

    private static JsonObject Describe(TrainingEvent happened) => happened switch
    {
        TrainingStarted start => new JsonObject
        {
            ["event"] = "started",
            ["total_steps"] = start.TotalSteps,
            ["first_step"] = start.FirstStep,
            ["parameters"] = start.ParameterCount,
            ["trained_parameters"] = start.TrainedCount,
            ["train_records"] = start.TrainRecords,
            ["dropped_records"] = start.DroppedRecords,
            ["truncated_records"] = start.TruncatedRecords,
            ["fill_ratio"] = start.FillRatio,
        },
        StepCompleted step => new JsonObject
        {
            ["event"] = "step",
            ["step"] = step.Step,
            ["epoch"] = step.Epoch,
            ["train_loss"] = step.Loss,
            ["learning_rate"] = step.LearningRate,
            ["gradient_norm"] = step.GradientNorm,
            ["pred_tokens"] = step.TargetTokens,
            ["tokens"] = step.Tokens,
            ["tokens_per_second"] = step.TokensPerSecond,
            ["step_time"] = step.Seconds,
        },
        StepSkipped skipped => new JsonObject
        {
            ["event"] = "skipped",
            ["step"] = skipped.Step,
            ["skipped_loss"] = MetricsFile.Number(skipped.Loss),
            ["gradient_norm"] = MetricsFile.Number(skipped.GradientNorm),
            ["learning_rate"] = skipped.LearningRate,
            ["records"] = new JsonArray([.. skipped.RecordIds.Select(id => (JsonNode)id)]),
        },
        EvaluationCompleted evaluation => new JsonObject
        {
            ["event"] = "evaluation",
            ["step"] = evaluation.Step,
            ["eval_loss"] = evaluation.Loss,
            ["eval_perplexity"] = MetricsFile.Number(evaluation.Perplexity),
        },
        CheckpointSaved checkpoint => new JsonObject
        {
            ["event"] = "checkpoint",
            ["step"] = checkpoint.Step,
            ["path"] = checkpoint.Path,
        },
        Notice notice => new JsonObject { ["event"] = "notice", ["text"] = notice.Text },
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "an event that has no JSON form"),
    };
}
