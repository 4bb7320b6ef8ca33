using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>The gradient of a table of which rows were looked up.</summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class EmbeddingKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int RowsOfItem = 64;

    /// <param name="gradient">[ids, width].</param>
    /// <param name="result">[vocabulary, width]: every row is written, those of ids that do not occur with zeros.
    /// </param>
    internal static void Backward(ReadOnlySpan<long> ids, T* gradient, T* result, int vocabulary, int width)
    {
        var (starts, tokens) = GroupById(ids, vocabulary);
        var work = ((long)ids.Length + vocabulary) * width;
        ThreadTeam.Run((vocabulary + RowsOfItem - 1) / RowsOfItem, work, item =>
        {
            var end = Math.Min(vocabulary, (item + 1) * RowsOfItem);
            for (var id = item * RowsOfItem; id < end; id++)
            {
                var group = tokens.AsSpan(starts[id]..starts[id + 1]);
                SumRows(gradient, group, result + (nint)id * width, width);
            }
        });
    }

    // Tokens with id i stand at starts[i] … starts[i + 1] − 1, in their order.
    private static (int[] Starts, int[] Tokens) GroupById(ReadOnlySpan<long> ids, int vocabulary)
    {
        var starts = new int[vocabulary + 1];
        foreach (var id in ids)
            starts[id + 1]++;
        for (var id = 0; id < vocabulary; id++)
            starts[id + 1] += starts[id];
        var tokens = new int[ids.Length];
        var next = starts.AsSpan(0, vocabulary).ToArray();
        for (var token = 0; token < ids.Length; token++)
            tokens[next[ids[token]]++] = token;
        return (starts, tokens);
    }

    private static void SumRows(T* gradient, ReadOnlySpan<int> tokens, T* result, int width)
    {
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
        {
            var sum = Vector512<float>.Zero;
            foreach (var token in tokens)
                sum += T.Load(gradient + (nint)token * width + i);
            T.Store(result + i, sum);
        }
        for (; i < width; i++)
        {
            var sum = 0f;
            foreach (var token in tokens)
                sum += T.Read(gradient + (nint)token * width + i);
            T.Write(result + i, sum);
        }
    }
}
