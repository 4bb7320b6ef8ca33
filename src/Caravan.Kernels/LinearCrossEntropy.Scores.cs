using Caravan.Kernels.CrossEntropy;
using Caravan.Torch;

namespace Caravan.Kernels;

// Scoring: besides the target's log-probability, whether greedy decoding would have chosen it.
public static partial class LinearCrossEntropy
{
    /// <summary>log softmax(hidden · weightᵀ)[target] for every token, and whether the target is the most likely token
    /// (the first of equals). Without gradients.</summary>
    /// <inheritdoc cref="Sum"/>
    /// <returns>fp32 [tokens], 0 where there is no target; fp32 [tokens], 1 where the target is the most likely token,
    /// else 0.</returns>
    public static (Tensor LogProbabilities, Tensor IsMostLikely) TokenScores(
        Tensor hidden, Tensor weight, Tensor targets)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var rows = TargetRows.Find(targets, weight.Size(0));
        var chunks = new Chunks(rows.Gather(hidden), weight.contiguous(), rows.Targets);
        var isMostLikely = Tensor.empty([chunks.Rows], device: hidden.Device);
        chunks.ForEach((logits, part) =>
        {
            LogitChunk.LogProbabilities(logits, part.Targets, part.LogSums, part.LogProbabilities);
            part.Of(isMostLikely).copy_(logits.argmax(1).eq(part.Targets));
        });
        return (scope.Keep(rows.Scatter(chunks.LogProbabilities)), scope.Keep(rows.Scatter(isMostLikely)));
    }
}
