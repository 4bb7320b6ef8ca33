using Caravan.Torch;

namespace Caravan.Kernels;

// The same operations as compositions of libtorch's operators: for other devices and types, and as the reference that
// the SIMD code is tested against.
public static partial class CausalAttention
{
    internal static Tensor ForwardComposition(
        Tensor queries, Tensor keys, Tensor values, SequenceBoundaries boundaries, double scale, int? window = null)
    {
        var outputs = new Tensor[boundaries.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            var (start, length) = (boundaries.Start(i), boundaries.Length(i));
            outputs[i] = AttendComposition(
                queries.narrow(0, start, length), keys.narrow(0, start, length),
                values.narrow(0, start, length), scale, window);
        }
        return outputs.Length == 1 ? outputs[0] : Tensor.cat(outputs);
    }

    internal static Tensor AttendComposition(
        Tensor queries, Tensor keys, Tensor values, double scale, int? window = null)
    {
        var (n, m) = (queries.Size(0), keys.Size(0));
        var group = queries.Size(1) / keys.Size(1);
        var q = queries.transpose(0, 1);                                          // [heads, n, head_dim]
        var k = keys.transpose(0, 1);                                             // [kv_heads, m, head_dim]
        var v = values.transpose(0, 1);
        if (group > 1)
            (k, v) = (k.repeat_interleave(group, 0), v.repeat_interleave(group, 0));
        var scores = q.matmul(k.transpose(1, 2)).to(Dtype.Float32) * scale;       // [heads, n, m]
        if (n > 1)
        {
            var future = Tensor.ones([n, m], Dtype.Bool, queries.Device).triu(m - n + 1);
            scores = scores.masked_fill(future, double.NegativeInfinity);
        }
        if (window < m)
        {
            var past = Tensor.ones([n, m], Dtype.Bool, queries.Device).tril(m - n - window.Value);
            scores = scores.masked_fill(past, double.NegativeInfinity);
        }
        var weights = scores.softmax(-1).to(v.Dtype);
        return weights.matmul(v).transpose(0, 1);                                 // [n, heads, head_dim]
    }

    internal static Tensor DecodeComposition(
        Tensor queries, Tensor keyCache, Tensor valueCache, int[] lengths, double scale, int? window = null)
    {
        var (batch, heads, headDim) = (queries.Size(0), queries.Size(1), queries.Size(2));
        var keyValueHeads = keyCache.Size(1);
        long longest = lengths.Max();
        var q = queries.view(batch, keyValueHeads, heads / keyValueHeads, headDim);
        var k = keyCache.narrow(2, 0, longest);                                 // [batch, kv_heads, longest, head_dim]
        var v = valueCache.narrow(2, 0, longest);
        var scores = q.matmul(k.transpose(2, 3)).to(Dtype.Float32) * scale;       // [batch, kv_heads, group, longest]
        var ends = Tensor.tensor([.. lengths.Select(length => (long)length)], batch, 1, 1, 1).to(queries.Device);
        var positions = Tensor.arange(0, longest, device: queries.Device).view(1, 1, 1, longest);
        scores = scores.masked_fill(positions.ge(ends), double.NegativeInfinity);
        if (window is { } seen)
            scores = scores.masked_fill(positions.lt(ends - seen), double.NegativeInfinity);
        var weights = scores.softmax(-1).to(v.Dtype);
        return weights.matmul(v).view(batch, heads, headDim);
    }
}
