using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>Rotation of pairs (i, i + head_dim/2) in every head; backwards it is the rotation by the opposite angle.
/// </summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class RotaryKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int TokensOfItem = 16;

    /// <param name="cosines">[tokens, head_dim / 2], like <paramref name="sines"/>.</param>
    /// <param name="sign">1 forward, −1 backward.</param>
    internal static void Run(
        T* x, float* cosines, float* sines, T* output, int tokens, int heads, int headDim, float sign)
    {
        var (half, row) = (headDim / 2, (nint)heads * headDim);
        ThreadTeam.Run((tokens + TokensOfItem - 1) / TokensOfItem, tokens * (long)row, item =>
        {
            var end = Math.Min(tokens, (item + 1) * TokensOfItem);
            for (nint token = item * TokensOfItem; token < end; token++)
            {
                for (var head = 0; head < heads; head++)
                {
                    var at = token * row + head * headDim;
                    Rotate(x + at, cosines + token * half, sines + token * half, output + at, half, sign);
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
