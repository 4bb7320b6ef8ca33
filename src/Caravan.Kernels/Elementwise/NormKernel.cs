using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>
/// RMSNorm over rows [tokens, width]. y = w · x · r with r = 1/√(mean(x²) + ε);
/// dx = r · (w·dy) − x · r³/width · Σ(w·dy·x), dw = Σ_tokens dy · x · r.
/// </summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class NormKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    // Partial sums of the weight's gradient: their number depends on the tokens alone, so that the result does not
    // depend on the number of threads.
    private const int MostParts = 32;
    private const int RowsOfPart = 64;

    /// <param name="addend">Added to x first, the sum going to <paramref name="sum"/>; null for none.</param>
    /// <param name="scales">[tokens]: receives r.</param>
    internal static void Forward(
        T* x, T* addend, T* weight, T* sum, T* output, float* scales, int tokens, int width, float epsilon)
    {
        var rows = Math.Max(1, 4096 / width);
        ThreadTeam.Run((tokens + rows - 1) / rows, (long)tokens * width, item =>
        {
            var end = Math.Min(tokens, (item + 1) * rows);
            for (nint row = item * rows; row < end; row++)
            {
                var source = x + row * width;
                if (addend is not null)
                {
                    Add(source, addend + row * width, sum + row * width, width);
                    source = sum + row * width;
                }
                scales[row] = 1 / MathF.Sqrt(SumOfSquares(source, width) / width + epsilon);
                Scale(source, weight, output + row * width, scales[row], width);
            }
        });
    }

    /// <param name="x">What was normalised.</param>
    /// <param name="extra">Added to <paramref name="xGradient"/>; null for none.</param>
    /// <param name="weightGradient">fp32.</param>
    internal static void Backward(
        T* x, T* weight, float* scales, T* gradient, T* extra, T* xGradient, float* weightGradient, int tokens,
        int width)
    {
        var parts = Math.Clamp((tokens + RowsOfPart - 1) / RowsOfPart, 1, MostParts);
        var padded = (width + Lanes - 1) & -Lanes;
        var partial = new float[parts * padded];
        fixed (float* pinned = partial)
        {
            var sums = pinned;
            ThreadTeam.Run(parts, 2L * tokens * width, part =>
            {
                var end = (int)((long)tokens * (part + 1) / parts);
                for (var row = (int)((long)tokens * part / parts); row < end; row++)
                {
                    var at = (nint)row * width;
                    BackwardRow(x + at, weight, scales[row], gradient + at, extra is null ? null : extra + at,
                        xGradient + at, sums + (nint)part * padded, width);
                }
            });
            for (var i = 0; i < width; i++)
            {
                weightGradient[i] = 0;
                for (var part = 0; part < parts; part++)
                    weightGradient[i] += sums[part * padded + i];
            }
        }
    }

    private static void BackwardRow(
        T* x, T* weight, float scale, T* gradient, T* extra, T* xGradient, float* weightGradient, int width)
    {
        var dot = Vector512<float>.Zero;
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
        {
            var scaled = T.Load(gradient + i) * T.Load(x + i);
            dot = Vector512.FusedMultiplyAdd(scaled, T.Load(weight + i), dot);
            Vector512.FusedMultiplyAdd(scaled, Vector512.Create(scale), Vector512.Load(weightGradient + i))
                .Store(weightGradient + i);
        }
        var total = VectorMath.Sum(dot);
        for (var j = i; j < width; j++)
        {
            var scaled = T.Read(gradient + j) * T.Read(x + j);
            total += scaled * T.Read(weight + j);
            weightGradient[j] += scaled * scale;
        }
        var correction = -total * scale * scale * scale / width;
        for (i = 0; i <= width - Lanes; i += Lanes)
        {
            var value = T.Load(gradient + i) * T.Load(weight + i) * scale;
            value = Vector512.FusedMultiplyAdd(T.Load(x + i), Vector512.Create(correction), value);
            T.Store(xGradient + i, extra is null ? value : value + T.Load(extra + i));
        }
        for (; i < width; i++)
        {
            var value = T.Read(gradient + i) * T.Read(weight + i) * scale + T.Read(x + i) * correction;
            T.Write(xGradient + i, extra is null ? value : value + T.Read(extra + i));
        }
    }

    /// <summary>sum = a + b, one row.</summary>
    internal static void Add(T* a, T* b, T* sum, int width)
    {
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
            T.Store(sum + i, T.Load(a + i) + T.Load(b + i));
        for (; i < width; i++)
            T.Write(sum + i, T.Read(a + i) + T.Read(b + i));
    }

    private static float SumOfSquares(T* x, int width)
    {
        Vector512<float> even = default, odd = default;
        var i = 0;
        for (; i <= width - 2 * Lanes; i += 2 * Lanes)
        {
            var (a, b) = (T.Load(x + i), T.Load(x + i + Lanes));
            even = Vector512.FusedMultiplyAdd(a, a, even);
            odd = Vector512.FusedMultiplyAdd(b, b, odd);
        }
        var sum = VectorMath.Sum(even + odd);
        for (; i < width; i++)
            sum += T.Read(x + i) * T.Read(x + i);
        return sum;
    }

    private static void Scale(T* x, T* weight, T* output, float scale, int width)
    {
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
            T.Store(output + i, T.Load(x + i) * scale * T.Load(weight + i));
        for (; i < width; i++)
            T.Write(output + i, T.Read(x + i) * scale * T.Read(weight + i));
    }
}
