using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// The vocabulary projection and the cross entropy of its logits in one, over chunks of tokens: the logits
/// [tokens, vocabulary] never exist as a whole, and their gradient is taken while a chunk of them is at hand.
/// </summary>
public static class LinearCrossEntropy
{
    /// <summary>Tokens with this target carry no loss.</summary>
    public const long IgnoreIndex = -100;

    private const long ChunkElements = 1 << 22;

    /// <summary>Σ −log softmax(hidden · weightᵀ)[target] over the tokens that carry loss, in fp32.</summary>
    /// <param name="hidden">[tokens, hidden].</param>
    /// <param name="weight">[vocabulary, hidden].</param>
    /// <param name="targets">int64 [tokens]: what each token should predict, or <see cref="IgnoreIndex"/>. Already
    /// shifted: targets[i] belongs to hidden[i].</param>
    /// <returns>A scalar.</returns>
    public static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets)
    {
        using var scope = new TensorScope();
        Tensor loss, hiddenGradient, weightGradient;
        using (GradientMode.Disable())
            (loss, hiddenGradient, weightGradient) = LossAndGradients(hidden, weight, targets);
        CustomGradient.Attach("LinearCrossEntropy", [loss], [hidden, weight], [hiddenGradient, weightGradient],
            (saved, gradients) =>
            {
                var factor = gradients[0]!.item();
                return [saved[0] * factor, saved[1].to(weight.Dtype) * factor];
            });
        return scope.Keep(loss);
    }

    /// <summary>log softmax(hidden · weightᵀ)[target] for every token, in fp32; 0 where there is no target. Without
    /// gradients.</summary>
    /// <returns>[tokens].</returns>
    public static Tensor TokenLogProbabilities(Tensor hidden, Tensor weight, Tensor targets)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var parts = new List<Tensor>();
        foreach (var (start, length) in Chunks(hidden, weight))
        {
            var (logProbabilities, valid, ids) = ChunkLogProbabilities(hidden, weight, targets, start, length);
            parts.Add(logProbabilities.gather(1, ids.unsqueeze(1)).squeeze(1).mul(valid));
        }
        return scope.Keep(Tensor.cat([.. parts]));
    }

    private static (Tensor Loss, Tensor Hidden, Tensor Weight) LossAndGradients(
        Tensor hidden, Tensor weight, Tensor targets)
    {
        var loss = Tensor.zeros([], Dtype.Float32, hidden.Device);
        var hiddenGradient = Tensor.zeros([.. hidden.Shape], hidden.Dtype, hidden.Device);
        var weightGradient = Tensor.zeros([.. weight.Shape], Dtype.Float32, hidden.Device);
        foreach (var (start, length) in Chunks(hidden, weight))
        {
            using var chunk = new TensorScope();
            var (logProbabilities, valid, ids) = ChunkLogProbabilities(hidden, weight, targets, start, length);
            var column = ids.unsqueeze(1);                                        // [chunk, 1]
            loss.sub_(logProbabilities.gather(1, column).squeeze(1).mul(valid).sum());
            var gradient = logProbabilities.exp_();                               // [chunk, vocabulary]
            gradient.scatter_add_(1, column, Tensor.full([length, 1], -1, device: hidden.Device));
            gradient.mul_(valid.unsqueeze(1));
            var typed = gradient.to(hidden.Dtype);
            hiddenGradient.narrow(0, start, length).copy_(typed.matmul(weight));
            weightGradient.add_(typed.t().matmul(hidden.narrow(0, start, length)).to(Dtype.Float32));
        }
        return (loss, hiddenGradient, weightGradient);
    }

    // Log-probabilities [chunk, vocabulary], 1 or 0 for tokens with or without a target, and targets that can index.
    private static (Tensor LogProbabilities, Tensor Valid, Tensor Ids) ChunkLogProbabilities(
        Tensor hidden, Tensor weight, Tensor targets, long start, long length)
    {
        var target = targets.narrow(0, start, length);
        var valid = target.ne(IgnoreIndex);
        var logits = hidden.narrow(0, start, length).matmul(weight.t()).to(Dtype.Float32);
        return (logits.log_softmax(1), valid.to(Dtype.Float32), target.mul(valid));
    }

    private static IEnumerable<(long Start, long Length)> Chunks(Tensor hidden, Tensor weight)
    {
        var tokens = hidden.Size(0);
        var chunk = Math.Max(1, ChunkElements / weight.Size(0));
        for (long start = 0; start < tokens; start += chunk)
            yield return (start, Math.Min(chunk, tokens - start));
    }
}
