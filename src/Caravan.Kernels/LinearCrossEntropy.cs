using Caravan.Kernels.CrossEntropy;
using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// The vocabulary projection and the cross entropy of its logits in one, over chunks of tokens: the logits
/// [tokens, vocabulary] never exist as a whole, and their gradient is taken while a chunk of them is at hand. Tokens
/// without a target cost nothing.
/// </summary>
public static partial class LinearCrossEntropy
{
    /// <summary>Tokens with this target carry no loss.</summary>
    public const long IgnoreIndex = -100;

    // Bytes of one chunk's logits: enough for the matrix products to be large and for the weight's gradient to be added
    // to only a few times, few enough to be little beside a model.
    private const long ChunkBytes = 64 << 20;

    // Below this the matrix products lose more than the cache gives. Longer chunks are multiples of it: whole blocks of
    // the products.
    private const long FewestRows = 256;

    /// <summary>Σ −log softmax(hidden · weightᵀ)[target] over the tokens that carry loss, in fp32.</summary>
    /// <param name="hidden">[tokens, hidden].</param>
    /// <param name="weight">[vocabulary, hidden].</param>
    /// <param name="targets">int64 [tokens]: what each token should predict, or <see cref="IgnoreIndex"/>. Already
    /// shifted: targets[i] belongs to hidden[i].</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ArgumentException">A target is no row of the vocabulary.</exception>
    public static Tensor Sum(Tensor hidden, Tensor weight, Tensor targets)
    {
        using var scope = new TensorScope();
        var (ofHidden, ofWeight) = (NeedsGradient(hidden), NeedsGradient(weight));
        Tensor loss;
        Gradients gradients;
        TargetRows rows;
        using (GradientMode.Disable())
        {
            rows = TargetRows.Find(targets, weight.Size(0));
            var chunks = new Chunks(rows.Gather(hidden), weight.contiguous(), rows.Targets);
            gradients = new Gradients(chunks, ofHidden, ofWeight);
            chunks.ForEach((logits, part) =>
            {
                if (!ofHidden && !ofWeight)
                {
                    LogitChunk.LogProbabilities(logits, part.Targets, part.LogSums, part.LogProbabilities);
                    return;
                }
                LogitChunk.Loss(logits, part.Targets, part.LogSums, part.LogProbabilities);
                gradients.Add(logits, part);
            });
            loss = chunks.LogProbabilities.to(Dtype.Float64).sum().neg().to(Dtype.Float32);
        }
        CustomGradient.Attach("LinearCrossEntropy", [loss], [hidden, weight], gradients.Saved(rows),
            (saved, upstream) =>
            {
                var factor = upstream[0]!.item();
                return
                [
                    ofHidden ? Conversion.Scale(saved[0], factor, hidden.Dtype) : null,
                    ofWeight ? Conversion.Scale(saved[1], factor, weight.Dtype) : null,
                ];
            });
        return scope.Keep(loss);
    }

    /// <summary>log softmax(hidden · weightᵀ)[target] for every token, in fp32; 0 where there is no target. Without
    /// gradients.</summary>
    /// <inheritdoc cref="Sum"/>
    /// <returns>[tokens].</returns>
    public static Tensor TokenLogProbabilities(Tensor hidden, Tensor weight, Tensor targets) =>
        TokenLogProbabilities(hidden, weight, targets, withGradients: false);

    /// <summary>log softmax(hidden · weightᵀ)[target] for every token, in fp32; 0 where there is no target.</summary>
    /// <inheritdoc cref="Sum"/>
    /// <param name="withGradients">Whether gradients flow back. They take the logits once more, chunk by chunk, so
    /// that none have to be kept.</param>
    /// <returns>[tokens].</returns>
    public static Tensor TokenLogProbabilities(Tensor hidden, Tensor weight, Tensor targets, bool withGradients)
    {
        using var scope = new TensorScope();
        Tensor result;
        Chunks chunks;
        TargetRows rows;
        using (GradientMode.Disable())
        {
            rows = TargetRows.Find(targets, weight.Size(0));
            chunks = new Chunks(rows.Gather(hidden), weight.contiguous(), rows.Targets);
            chunks.ForEach((logits, part) =>
                LogitChunk.LogProbabilities(logits, part.Targets, part.LogSums, part.LogProbabilities));
            result = rows.Scatter(chunks.LogProbabilities);
        }
        if (withGradients)
        {
            var (ofHidden, ofWeight) = (NeedsGradient(hidden), NeedsGradient(weight));
            List<Tensor> saved = [chunks.Hidden, chunks.Weight, chunks.Targets, chunks.LogSums];
            if (rows.Ids is not null)
                saved.Add(rows.Ids);
            CustomGradient.Attach("TokenLogProbabilities", [result], [hidden, weight], [.. saved],
                (values, upstream) => Differentiate(values, rows.Tokens, upstream[0]!, ofHidden, ofWeight));
        }
        return scope.Keep(result);
    }

    /// <summary>Tokens whose logits exist at one time, of all that carry loss.</summary>
    internal static long RowsOfChunk(long tokens, long vocabulary, Dtype dtype) => Math.Max(1, Math.Min(
        tokens, Math.Max(1, ChunkBytes / (dtype.Size() * vocabulary * FewestRows)) * FewestRows));

    private static Tensor?[] Differentiate(
        Tensor[] saved, long tokens, Tensor upstream, bool ofHidden, bool ofWeight)
    {
        var rows = new TargetRows(tokens, saved[2], saved.Length > 4 ? saved[4] : null);
        var chunks = new Chunks(saved[0], saved[1], saved[2]);
        chunks.LogSums.copy_(saved[3]);
        var gradients = new Gradients(chunks, ofHidden, ofWeight);
        var factors = rows.Gather(upstream.to(Dtype.Float32));
        chunks.ForEach((logits, part) =>
        {
            LogitChunk.Differentiate(logits, part.Targets, part.LogSums, part.Of(factors));
            gradients.Add(logits, part);
        });
        var results = gradients.Saved(rows);
        return [ofHidden ? results[0] : null, ofWeight ? results[1].to(saved[1].Dtype) : null];
    }

    private static bool NeedsGradient(Tensor tensor) => GradientMode.IsEnabled && tensor.RequiresGrad;

    /// <summary>The rows of one chunk.</summary>
    private readonly record struct Part(Chunks All, long Start, long Length)
    {
        internal Tensor Targets => Of(All.Targets);
        internal Tensor LogSums => Of(All.LogSums);
        internal Tensor LogProbabilities => Of(All.LogProbabilities);

        internal Tensor Of(Tensor tensor) => tensor.narrow(0, Start, Length);
    }

    /// <summary>The rows that carry loss, and the walk over their logits.</summary>
    private sealed class Chunks(Tensor hidden, Tensor weight, Tensor targets)
    {
        internal Tensor Hidden => hidden;                                         // [rows, hidden]
        internal Tensor Weight => weight;                                         // [vocabulary, hidden]
        internal Tensor Targets => targets;                                       // [rows]
        internal Tensor LogSums { get; } = Tensor.empty([hidden.Size(0)], device: hidden.Device);
        internal Tensor LogProbabilities { get; } = Tensor.empty([hidden.Size(0)], device: hidden.Device);
        internal long Rows => hidden.Size(0);
        internal long Length { get; } = RowsOfChunk(hidden.Size(0), weight.Size(0), hidden.Dtype);

        /// <summary>Gives each chunk's logits in turn, in memory that the next chunk's take over.</summary>
        internal void ForEach(Action<Tensor, Part> body)
        {
            var buffer = Tensor.empty([Length, weight.Size(0)], hidden.Dtype, hidden.Device);
            for (long start = 0; start < Rows; start += Length)
            {
                using var chunk = new TensorScope();
                var part = new Part(this, start, Math.Min(Length, Rows - start));
                var logits = buffer.narrow(0, 0, part.Length);
                MatrixProduct.Multiply(part.Of(hidden), false, weight, true, logits);
                body(logits, part);
            }
        }
    }

    /// <summary>Sums up the gradients of hidden states and weight from those of the logits.</summary>
    private sealed class Gradients
    {
        private readonly Tensor? _hidden, _weight;
        private readonly bool _several;
        private readonly Chunks _chunks;

        internal Gradients(Chunks chunks, bool ofHidden, bool ofWeight)
        {
            _chunks = chunks;
            var (hidden, weight) = (chunks.Hidden, chunks.Weight);
            if (ofHidden)
                _hidden = Tensor.empty([.. hidden.Shape], hidden.Dtype, hidden.Device);
            // Chunks are summed in fp32: bf16 would lose what a single chunk adds.
            _several = chunks.Rows > chunks.Length;
            if (ofWeight)
                _weight = Tensor.zeros([.. weight.Shape], _several ? Dtype.Float32 : weight.Dtype, weight.Device);
        }

        internal void Add(Tensor logitGradients, Part part)
        {
            if (_hidden is not null)
                MatrixProduct.Multiply(logitGradients, false, _chunks.Weight, false, part.Of(_hidden));
            if (_weight is not null && _several)
                MatrixProduct.Add(logitGradients, true, part.Of(_chunks.Hidden), false, _weight);
            else if (_weight is not null)
                MatrixProduct.Multiply(logitGradients, true, part.Of(_chunks.Hidden), false, _weight);
        }

        /// <summary>Both, the one of the hidden states for all tokens; empty where none was asked for.</summary>
        internal Tensor[] Saved(TargetRows rows)
        {
            using var noGradients = GradientMode.Disable();
            return [_hidden is null ? Tensor.empty([0]) : rows.Scatter(_hidden), _weight ?? Tensor.empty([0])];
        }
    }
}
