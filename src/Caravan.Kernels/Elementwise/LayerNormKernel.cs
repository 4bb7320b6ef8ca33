using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>
/// Layer normalisation over rows [tokens, width]. y = w · n + b with n = (x − μ) · r, r = 1/√(var(x) + ε);
/// dx = r · (g − mean(g) − n · mean(g · n)) with g = w · dy, dw = Σ_tokens dy · n, db = Σ_tokens dy.
/// </summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class LayerNormKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    // Partial sums of the parameters' gradients: their number depends on the tokens alone, so that the result does not
    // depend on the number of threads.
    private const int MostParts = 32;
    private const int RowsOfPart = 64;

    /// <param name="addend">Added to x first, the sum going to <paramref name="sum"/>; null for none.</param>
    /// <param name="weight">fp32 [width], like <paramref name="bias"/>.</param>
    /// <param name="moments">[tokens, 2]: receives μ and r.</param>
    internal static void Forward(
        T* x, T* addend, float* weight, float* bias, T* sum, T* output, float* moments, int tokens, int width,
        float epsilon)
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
                    NormKernel<T>.Add(source, addend + row * width, sum + row * width, width);
                    source = sum + row * width;
                }
                var mean = Sum(source, width) / width;
                var scale = 1 / MathF.Sqrt(SumOfSquares(source, mean, width) / width + epsilon);
                (moments[2 * row], moments[2 * row + 1]) = (mean, scale);
                Normalise(source, weight, bias, output + row * width, mean, scale, width);
            }
        });
    }

    /// <param name="x">What was normalised.</param>
    /// <param name="extra">Added to <paramref name="xGradient"/>; null for none.</param>
    /// <param name="weightGradient">[width], like <paramref name="biasGradient"/>.</param>
    internal static void Backward(
        T* x, float* weight, float* moments, T* gradient, T* extra, T* xGradient, float* weightGradient,
        float* biasGradient, int tokens, int width)
    {
        var parts = Math.Clamp((tokens + RowsOfPart - 1) / RowsOfPart, 1, MostParts);
        var padded = (width + Lanes - 1) & -Lanes;
        var partial = new float[2 * parts * padded];
        fixed (float* pinned = partial)
        {
            var sums = pinned;
            ThreadTeam.Run(parts, 3L * tokens * width, part =>
            {
                var ofWeight = sums + 2 * (nint)part * padded;
                var end = (int)((long)tokens * (part + 1) / parts);
                for (var row = (int)((long)tokens * part / parts); row < end; row++)
                {
                    var at = (nint)row * width;
                    BackwardRow(x + at, weight, moments[2 * row], moments[2 * row + 1], gradient + at,
                        extra is null ? null : extra + at, xGradient + at, ofWeight, ofWeight + padded, width);
                }
            });
            for (var i = 0; i < width; i++)
            {
                (weightGradient[i], biasGradient[i]) = (0, 0);
                for (var part = 0; part < parts; part++)
                {
                    weightGradient[i] += sums[2 * part * padded + i];
                    biasGradient[i] += sums[(2 * part + 1) * padded + i];
                }
            }
        }
    }

    private static void BackwardRow(
        T* x, float* weight, float mean, float scale, T* gradient, T* extra, T* xGradient, float* weightGradient,
        float* biasGradient, int width)
    {
        Vector512<float> sum = default, dot = default;
        var (center, factor) = (Vector512.Create(mean), Vector512.Create(scale));
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
        {
            var (dy, normal) = (T.Load(gradient + i), (T.Load(x + i) - center) * factor);
            Vector512.FusedMultiplyAdd(dy, normal, Vector512.Load(weightGradient + i)).Store(weightGradient + i);
            (Vector512.Load(biasGradient + i) + dy).Store(biasGradient + i);
            var weighted = dy * Vector512.Load(weight + i);
            sum += weighted;
            dot = Vector512.FusedMultiplyAdd(weighted, normal, dot);
        }
        var (sumTotal, dotTotal) = (VectorMath.Sum(sum), VectorMath.Sum(dot));
        for (var j = i; j < width; j++)
        {
            var (dy, normal) = (T.Read(gradient + j), (T.Read(x + j) - mean) * scale);
            weightGradient[j] += dy * normal;
            biasGradient[j] += dy;
            sumTotal += dy * weight[j];
            dotTotal += dy * weight[j] * normal;
        }
        var (shift, slope) = (-sumTotal / width, -dotTotal / width);
        for (i = 0; i <= width - Lanes; i += Lanes)
        {
            var normal = (T.Load(x + i) - center) * factor;
            var value = T.Load(gradient + i) * Vector512.Load(weight + i) + Vector512.Create(shift);
            value = Vector512.FusedMultiplyAdd(normal, Vector512.Create(slope), value) * factor;
            T.Store(xGradient + i, extra is null ? value : value + T.Load(extra + i));
        }
        for (; i < width; i++)
        {
            var normal = (T.Read(x + i) - mean) * scale;
            var value = (T.Read(gradient + i) * weight[i] + shift + normal * slope) * scale;
            T.Write(xGradient + i, extra is null ? value : value + T.Read(extra + i));
        }
    }

    private static float Sum(T* x, int width)
    {
        var sums = Vector512<float>.Zero;
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
            sums += T.Load(x + i);
        var sum = VectorMath.Sum(sums);
        for (; i < width; i++)
            sum += T.Read(x + i);
        return sum;
    }

    private static float SumOfSquares(T* x, float mean, int width)
    {
        var center = Vector512.Create(mean);
        var sums = Vector512<float>.Zero;
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
        {
            var distance = T.Load(x + i) - center;
            sums = Vector512.FusedMultiplyAdd(distance, distance, sums);
        }
        var sum = VectorMath.Sum(sums);
        for (; i < width; i++)
            sum += (T.Read(x + i) - mean) * (T.Read(x + i) - mean);
        return sum;
    }

    private static void Normalise(
        T* x, float* weight, float* bias, T* output, float mean, float scale, int width)
    {
        var (center, factor) = (Vector512.Create(mean), Vector512.Create(scale));
        var i = 0;
        for (; i <= width - Lanes; i += Lanes)
        {
            var normal = (T.Load(x + i) - center) * factor;
            T.Store(output + i,
                Vector512.FusedMultiplyAdd(normal, Vector512.Load(weight + i), Vector512.Load(bias + i)));
        }
        for (; i < width; i++)
            T.Write(output + i, (T.Read(x + i) - mean) * scale * weight[i] + bias[i]);
    }
}
