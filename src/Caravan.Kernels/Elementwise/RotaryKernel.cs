using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>Rotation of pairs (i, i + half) in every head, what stands behind them being copied; backwards it is the
/// rotation by the opposite angle.</summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class RotaryKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int TokensOfItem = 16;

    /// <param name="half">Pairs of a head that are rotated, at most head_dim / 2.</param>
    /// <param name="cosines">[tokens, half], like <paramref name="sines"/>.</param>
    /// <param name="sign">1 forward, −1 backward.</param>
    internal static void Run(
        T* x, float* cosines, float* sines, T* output, int tokens, int heads, int headDim, int half,
        float sign)
    {
        var row = (nint)heads * headDim;
        ThreadTeam.Run((tokens + TokensOfItem - 1) / TokensOfItem, tokens * (long)row, item =>
        {
            var end = Math.Min(tokens, (item + 1) * TokensOfItem);
            for (nint token = item * TokensOfItem; token < end; token++)
            {
                for (var head = 0; head < heads; head++)
                {
                    var at = token * row + head * headDim;
                    Rotate(x + at, cosines + token * half, sines + token * half, output + at, half, sign);
                    new ReadOnlySpan<T>(x + at + 2 * half, headDim - 2 * half).CopyTo(
                        new Span<T>(output + at + 2 * half, headDim - 2 * half));
                }
            }
        });
    }

    private static void Rotate(T* x, float* cosines, float* sines, T* output, int half, float sign)
    {
        var i = 0;
        for (; i <= half - Lanes; i += Lanes)
        {
            var (cos, sin) = (Vector512.Load(cosines + i), Vector512.Load(sines + i) * sign);
            var (first, second) = (T.Load(x + i), T.Load(x + half + i));
            T.Store(output + i, first * cos - second * sin);
            T.Store(output + half + i, second * cos + first * sin);
        }
        for (; i < half; i++)
        {
            var (cos, sin) = (cosines[i], sines[i] * sign);
            var (first, second) = (T.Read(x + i), T.Read(x + half + i));
            T.Write(output + i, first * cos - second * sin);
            T.Write(output + half + i, second * cos + first * sin);
        }
    }
}
