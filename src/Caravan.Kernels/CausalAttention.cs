using Caravan.Kernels.Attention;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Softmax attention in which a token sees itself and what stands before it in its own document.</summary>
public static unsafe partial class CausalAttention
{
    /// <summary>Attention within each packed document.</summary>
    /// <param name="queries">[tokens, heads, head_dim].</param>
    /// <param name="keys">[tokens, kv_heads, head_dim]; heads is a multiple of kv_heads (grouped queries).</param>
    /// <param name="values">[tokens, kv_heads, head_dim].</param>
    /// <param name="scale">Factor of the scores before the softmax, usually 1/√head_dim; positive.</param>
    /// <param name="window">Tokens that a query sees, itself included (sliding-window attention, arXiv:2310.06825):
    /// query i sees the keys j with i − window &lt; j ≤ i. Null for all before it.</param>
    /// <returns>[tokens, heads, head_dim].</returns>
    public static Tensor Forward(
        Tensor queries, Tensor keys, Tensor values, SequenceBoundaries boundaries, double scale, int? window = null)
    {
        Check(queries, keys, values, boundaries);
        Check(scale, window);
        if (!KernelSelection.UsesSimd(queries, keys, values))
            return ForwardComposition(queries, keys, values, boundaries, scale, window);
        using var scope = new TensorScope();
        Tensor q, k, v, output, statistics;
        var shape = AttentionShape.Of(queries, keys, window);
        using (GradientMode.Disable())
        {
            (q, k, v) = (queries.contiguous(), keys.contiguous(), values.contiguous());
            output = Tensor.empty([.. q.Shape], q.Dtype);
            statistics = Tensor.empty([2, shape.Heads, shape.Tokens]);
            if (q.Dtype == Dtype.Float32)
                Run<Float32Element>();
            else if (KernelSelection.TilesEnabled)
                RunTiles();
            else
                Run<BFloat16Element>();
        }
        CustomGradient.Attach("CausalAttention", [output], [queries, keys, values], [q, k, v, output, statistics],
            (saved, gradients) => Backward(saved, gradients[0]!.contiguous(), shape, boundaries, (float)scale));
        return scope.Keep(output);

        void Run<T>() where T : unmanaged, IElement<T> => AttentionForward<T>.Run(
            (T*)q.DataPointer, (T*)k.DataPointer, (T*)v.DataPointer, (T*)output.DataPointer,
            (float*)statistics.DataPointer, shape, boundaries, (float)scale);

        void RunTiles() => TileAttentionForward.Run(
            (BFloat16Element*)q.DataPointer, (BFloat16Element*)k.DataPointer, (BFloat16Element*)v.DataPointer,
            (BFloat16Element*)output.DataPointer, (float*)statistics.DataPointer, shape, boundaries, (float)scale);
    }

    /// <summary>Attention of the newest tokens of one document to all of it. The queries are those of the last
    /// tokens: query i of n sees keys 0 … m − n + i of m.</summary>
    /// <param name="queries">[n, heads, head_dim].</param>
    /// <param name="keys">[m, kv_heads, head_dim], m ≥ n.</param>
    /// <param name="values">[m, kv_heads, head_dim].</param>
    /// <param name="window">As in <see cref="Forward"/>.</param>
    /// <returns>[n, heads, head_dim].</returns>
    public static Tensor Attend(Tensor queries, Tensor keys, Tensor values, double scale, int? window = null)
    {
        Check(scale, window);
        var (n, m) = ((int)queries.Size(0), (int)keys.Size(0));
        if (n > m)
            throw new ArgumentException($"{n} queries are more than the {m} tokens they belong to", nameof(queries));
        if (!KernelSelection.UsesSimd(queries, keys, values) || GradientMode.IsEnabled)
            return AttendComposition(queries, keys, values, scale, window);
        using var scope = new TensorScope();
        var (q, k, v) = (queries.contiguous(), keys.contiguous(), values.contiguous());
        var output = Tensor.empty([.. q.Shape], q.Dtype);
        var shape = AttentionShape.Of(q, k, window);
        var before = (nint)(m - n) * shape.QueryStride;
        if (q.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else if (KernelSelection.TilesEnabled)
            RunTiles();
        else
            Run<BFloat16Element>();
        return scope.Keep(output);

        void Run<T>() where T : unmanaged, IElement<T> => AttentionForward<T>.Run(
            (T*)q.DataPointer - before, (T*)k.DataPointer, (T*)v.DataPointer, (T*)output.DataPointer - before, null,
            shape, SequenceBoundaries.Single(m), (float)scale, m - n);

        void RunTiles() => TileAttentionForward.Run(
            (BFloat16Element*)q.DataPointer - before, (BFloat16Element*)k.DataPointer, (BFloat16Element*)v.DataPointer,
            (BFloat16Element*)output.DataPointer - before, null, shape, SequenceBoundaries.Single(m), (float)scale,
            m - n);
    }

    /// <summary>Attention of one new token in each of several sequences to all tokens of its sequence.</summary>
    /// <param name="queries">[batch, heads, head_dim].</param>
    /// <param name="keyCache">[batch, kv_heads, capacity, head_dim].</param>
    /// <param name="valueCache">[batch, kv_heads, capacity, head_dim].</param>
    /// <param name="lengths">Valid positions of each sequence, the newest token included.</param>
    /// <param name="window">As in <see cref="Forward"/>.</param>
    /// <returns>[batch, heads, head_dim].</returns>
    public static Tensor Decode(
        Tensor queries, Tensor keyCache, Tensor valueCache, int[] lengths, double scale, int? window = null)
    {
        Check(scale, window);
        if (!KernelSelection.UsesSimd(queries, keyCache, valueCache) || GradientMode.IsEnabled)
            return DecodeComposition(queries, keyCache, valueCache, lengths, scale, window);
        var capacity = (int)keyCache.Size(2);
        if (lengths.Length != queries.Size(0) || Array.Exists(lengths, length => length < 1 || length > capacity))
            throw new ArgumentException("one length between 1 and the cache's capacity a sequence", nameof(lengths));
        using var scope = new TensorScope();
        var (q, k, v) = (queries.contiguous(), keyCache.contiguous(), valueCache.contiguous());
        var output = Tensor.empty([.. q.Shape], q.Dtype);
        var shape = AttentionShape.Of(q, k, window);
        if (q.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return scope.Keep(output);

        void Run<T>() where T : unmanaged, IElement<T> => AttentionDecode<T>.Run(
            (T*)q.DataPointer, (T*)k.DataPointer, (T*)v.DataPointer, (T*)output.DataPointer, lengths, shape, capacity,
            (float)scale);
    }

    private static Tensor[] Backward(
        Tensor[] saved, Tensor gradient, AttentionShape shape, SequenceBoundaries boundaries, float scale)
    {
        var (q, k, v, output, statistics) = (saved[0], saved[1], saved[2], saved[3], saved[4]);
        Tensor[] results = [.. saved.Take(3).Select(input => Tensor.empty([.. input.Shape], input.Dtype))];
        if (q.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else if (KernelSelection.TilesEnabled)
            TileAttentionBackward.Run(Tensors<BFloat16Element>(), shape, boundaries, scale);
        else
            Run<BFloat16Element>();
        return results;

        void Run<T>() where T : unmanaged, IElement<T> =>
            AttentionBackward<T>.Run(Tensors<T>(), shape, boundaries, scale);

        AttentionBackward<T>.Tensors Tensors<T>() where T : unmanaged, IElement<T> => new()
        {
            Queries = (T*)q.DataPointer,
            Keys = (T*)k.DataPointer,
            Values = (T*)v.DataPointer,
            Outputs = (T*)output.DataPointer,
            Statistics = (float*)statistics.DataPointer,
            OutputGradients = (T*)gradient.DataPointer,
            QueryGradients = (T*)results[0].DataPointer,
            KeyGradients = (T*)results[1].DataPointer,
            ValueGradients = (T*)results[2].DataPointer,
        };
    }

    private static void Check(double scale, int? window)
    {
        if (!(scale > 0))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "the factor of scores is positive");
        if (window < 1)
            throw new ArgumentOutOfRangeException(nameof(window), window, "a token sees at least itself: 1 or more");
    }

    private static void Check(Tensor queries, Tensor keys, Tensor values, SequenceBoundaries boundaries)
    {
        if (queries.Shape.Count != 3 || keys.Shape.Count != 3 || !keys.Shape.SequenceEqual(values.Shape)
            || queries.Size(0) != keys.Size(0) || queries.Size(2) != keys.Size(2)
            || keys.Size(1) == 0 || queries.Size(1) % keys.Size(1) != 0)
        {
            throw new ArgumentException(
                $"queries {queries}, keys {keys} and values {values} are not [tokens, heads, head_dim] of one token " +
                "count and head_dim, with a multiple of the keys' heads in the queries");
        }
        if (boundaries.Tokens != queries.Size(0))
        {
            throw new ArgumentException(
                $"the documents hold {boundaries.Tokens} tokens, the queries {queries.Size(0)}", nameof(boundaries));
        }
    }
}
