using Caravan.Data;

namespace Caravan.Training.Data;

/// <summary>An example's first question and its answer, as tokens.</summary>
internal static class PromptAndAnswer
{
    /// <summary>The tokens up to the first that carries loss, and from there the run of those that do.</summary>
    public static (int[] Prompt, int[] Answer) Of(TrainingExample example)
    {
        var start = Array.FindIndex(example.Labels, 1, label => label != TokenBatch.NoLoss);
        var end = Array.FindIndex(example.Labels, start, label => label == TokenBatch.NoLoss);
        return (example.InputIds[..start], example.InputIds[start..(end < 0 ? example.InputIds.Length : end)]);
    }
}
