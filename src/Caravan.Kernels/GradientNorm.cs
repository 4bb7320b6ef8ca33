using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>The length of all gradients taken together, for clipping and for finding a step that went wrong.</summary>
public static unsafe class GradientNorm
{
    private const int Span = 16384;
    private const int Lanes = 16;

    /// <summary>√Σg² over all elements of all gradients, summed in fp64. NaN or infinite if, and only if, an element
    /// is.</summary>
    /// <param name="gradients">Of any shapes, types and devices.</param>
    public static double Compute(IReadOnlyList<Tensor> gradients)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        double squares = 0;
        var pieces = new List<Piece>();
        foreach (var gradient in gradients)
        {
            if (!KernelSelection.UsesSimd(gradient))
            {
                var norm = gradient.to(Dtype.Float64).norm().item();
                squares += norm * norm;
                continue;
            }
            var source = gradient.contiguous();
            for (long start = 0; start < source.Count; start += Span)
                pieces.Add(new Piece(source, start, (int)Math.Min(Span, source.Count - start)));
        }
        // One sum a piece, added up in order: the same bits for every number of threads.
        var sums = new double[pieces.Count];
        ThreadTeam.Run(pieces.Count, (long)pieces.Count * Span, item => sums[item] = SumOfSquares(pieces[item]));
        return Math.Sqrt(squares + sums.Sum());
    }

    private static double SumOfSquares(Piece piece) => piece.Gradient.Dtype == Dtype.Float32
        ? SumOfSquares((Float32Element*)piece.Gradient.DataPointer + piece.Start, piece.Count)
        : SumOfSquares((BFloat16Element*)piece.Gradient.DataPointer + piece.Start, piece.Count);

    private static double SumOfSquares<T>(T* values, int count) where T : unmanaged, IElement<T>
    {
        Vector512<double> low = default, high = default;
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var (a, b) = Vector512.Widen(T.Load(values + i));
            low = Vector512.FusedMultiplyAdd(a, a, low);
            high = Vector512.FusedMultiplyAdd(b, b, high);
        }
        var sum = Vector512.Sum(low + high);
        for (; i < count; i++)
            sum += (double)T.Read(values + i) * T.Read(values + i);
        return sum;
    }

    private readonly record struct Piece(Tensor Gradient, long Start, int Count);
}
