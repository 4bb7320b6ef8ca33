using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Attention;

/// <summary>Attention of one new token for each of several sequences over a key/value cache.</summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class AttentionDecode<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    /// <param name="keys">[batch, kv_heads, capacity, head_dim], like <paramref name="values"/>.</param>
    internal static void Run(
        T* queries, T* keys, T* values, T* outputs, int[] lengths, AttentionShape shape, int capacity, float scale)
    {
        var heads = shape.KeyValueHeads;
        var work = 2L * lengths.Sum(length => (long)Math.Min(length, shape.Window)) * shape.Heads * shape.HeadDim;
        ThreadTeam.Run(lengths.Length * heads, work, item =>
        {
            var length = Math.Min(lengths[item / heads], shape.Window);
            var cache = ((nint)item * capacity + lengths[item / heads] - length) * shape.HeadDim;
            var first = ((nint)item / heads * shape.Heads + item % heads * shape.Group) * shape.HeadDim;
            Attend(queries + first, keys + cache, values + cache, outputs + first, length, shape,
                scale * VectorMath.Log2E);
        });
    }

    // All query heads of one head of keys and values.
    private static void Attend(
        T* queries, T* keys, T* values, T* outputs, int length, AttentionShape shape, float scale)
    {
        var (group, dim, padded) = (shape.Group, shape.HeadDim, shape.PaddedDim);
        var row = AttentionShape.Pad(length);
        var scratch = Scratch.Open((nint)group * (2 * padded + row + 1) + padded);
        var query = scratch.Take(group * padded);
        var output = scratch.Take(group * padded);
        var scores = scratch.Take((nint)group * row);
        var factors = scratch.Take(group);
        var token = scratch.Take(padded);
        Packing<T>.Rows(queries, dim, group, group, dim, padded, query);
        new Span<float>(output, group * padded).Clear();

        for (var i = 0; i < length; i++)
        {
            Packing<T>.Rows(keys + (nint)i * dim, dim, 1, 1, dim, padded, token);
            for (var head = 0; head < group; head++)
                scores[head * row + i] = Dot(query + head * padded, token, padded) * scale;
        }
        for (var head = 0; head < group; head++)
            factors[head] = 1 / Softmax(scores + head * row, length, row);
        for (var i = 0; i < length; i++)
        {
            Packing<T>.Rows(values + (nint)i * dim, dim, 1, 1, dim, padded, token);
            for (var head = 0; head < group; head++)
                AddScaled(output + head * padded, token, scores[head * row + i], padded);
        }
        Packing<T>.Unpack(output, padded, group, dim, factors, outputs, dim);
    }

    // Scores to weights relative to the greatest; their sum.
    private static float Softmax(float* scores, int length, int padded)
    {
        new Span<float>(scores + length, padded - length).Fill(float.NegativeInfinity);
        var greatest = Vector512.Create(float.NegativeInfinity);
        for (var i = 0; i < padded; i += Lanes)
            greatest = Vector512.MaxNative(greatest, Vector512.Load(scores + i));
        var shift = Vector512.Create(VectorMath.Max(greatest));
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < padded; i += Lanes)
        {
            var weight = VectorMath.Exp2(Vector512.Load(scores + i) - shift);
            weight.Store(scores + i);
            sum += weight;
        }
        return VectorMath.Sum(sum);
    }

    private static float Dot(float* a, float* b, int count)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += Lanes)
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sum);
        return VectorMath.Sum(sum);
    }

    private static void AddScaled(float* sum, float* values, float factor, int count)
    {
        var scale = Vector512.Create(factor);
        for (var i = 0; i < count; i += Lanes)
        {
            Vector512.FusedMultiplyAdd(Vector512.Load(values + i), scale, Vector512.Load(sum + i)).Store(sum + i);
        }
    }
}
