using Caravan.Data;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Torch;

namespace Caravan.Training.Models;

/// <summary>
/// Shows on a run's own first records that those in one batch do not see each other: each token's log-probability and
/// the gradient of each embedding must be what they are when the records stand alone.
/// </summary>
internal static class PackingCheck
{
    private const int Records = 3, LongestRecord = 256;

    /// <summary>Compares the first records of a batch, or their first tokens, with themselves alone. It leaves
    /// gradients in an adapter's parameters and changes nothing else.</summary>
    /// <exception cref="BadInputException">They differ by more than rounding.</exception>
    public static void Require(LanguageModel model, TokenBatch batch)
    {
        var documents = Enumerable.Range(0, Math.Min(Records, batch.CuSeqLens.Length - 1))
            .Select(i => batch.InputIds[batch.CuSeqLens[i]..batch.CuSeqLens[i + 1]])
            .Select(ids => ids[..Math.Min(ids.Length, LongestRecord)]).ToArray();
        if (documents.Length < 2)
            return;
        var dropout = model.Dropout;
        model.Dropout = null;
        // Only the gradients of the embeddings are compared.
        Tensor[] trained = [.. model.Parameters.Select(pair => pair.Value).Where(tensor => tensor.RequiresGrad)];
        Require(gradients: false);
        try
        {
            using var scope = new TensorScope();
            Compare(model, ModelInput.FromDocuments(documents, model.Device), documents);
        }
        finally
        {
            model.Dropout = dropout;
            Require(gradients: true);
        }

        void Require(bool gradients)
        {
            foreach (var parameter in trained)
                parameter.RequiresGrad = gradients;
        }
    }

    /// <param name="packed">All documents in one.</param>
    internal static void Compare(LanguageModel model, ModelInput packed, int[][] documents)
    {
        var together = Run(model, packed, documents);
        var alone = documents
            .Select(document => Run(model, ModelInput.FromDocuments([document], model.Device), [document])).ToList();
        var logProbabilities = Tensor.cat([.. alone.Select(pass => pass.LogProbabilities)], 0);
        var gradients = Tensor.cat([.. alone.Select(pass => pass.Gradients)], 0);
        var farthest = (together.LogProbabilities - logProbabilities).abs().max().item();
        var share = Norm(together.Gradients - gradients) / Math.Max(Norm(gradients), 1e-30);
        // bf16 rounds each layer's result to 8 bits, in another place when sums are taken in another order.
        var (mostApart, greatestShare) = model.Dtype == Dtype.Float32 ? (1e-3, 1e-3) : (0.5, 0.1);
        if (farthest <= mostApart && share <= greatestShare)
            return;
        throw new BadInputException(
            $"the check of packing failed: in one batch, the first {documents.Length} records have log-probabilities " +
            $"that are up to {farthest:g3} away from those of each record alone (at most {mostApart} is rounding), " +
            $"and gradients that differ by {share:g3} of their norm (at most {greatestShare}). Training like this " +
            "would mix records. Check that 'caravan doctor' finds nothing wrong with libtorch; train with " +
            "per_device_train_batch_size 1 and packing false meanwhile.");
    }

    // Log-probabilities of each document's own next tokens [tokens], and the gradients of their sum with respect to the
    // embeddings [tokens, hidden].
    private static (Tensor LogProbabilities, Tensor Gradients) Run(
        LanguageModel model, ModelInput input, int[][] documents)
    {
        long[] targets = [.. documents.SelectMany(ids => ids.Skip(1).Select(id => (long)id)
            .Append(LinearCrossEntropy.IgnoreIndex))];
        var expected = Tensor.tensor(targets).to(model.Device);
        var anchor = Tensor.zeros([targets.Length, model.OutputWeight.Size(1)], model.Dtype, model.Device);
        anchor.RequiresGrad = true;
        var hidden = model.Forward(input with { EmbeddingNoise = anchor });      // [tokens, hidden]
        LinearCrossEntropy.Sum(hidden, model.OutputWeight, expected).backward();
        using var noGradients = GradientMode.Disable();
        return (LinearCrossEntropy.TokenLogProbabilities(hidden, model.OutputWeight, expected), anchor.Grad!);
    }

    private static double Norm(Tensor tensor)
    {
        using var noGradients = GradientMode.Disable();
        var wide = tensor.to(Dtype.Float64);
        return Math.Sqrt((wide * wide).sum().item());
    }
}
