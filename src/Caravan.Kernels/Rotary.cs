using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the half-split layout of Hugging Face: element i is
/// rotated together with element i + r/2 of the first r elements; where r is less than head_dim, the rest of the head
/// stays as it is (GPT-NeoX's partial rotation).
/// </summary>
public static unsafe class Rotary
{
    /// <summary>Rotates every head of every token by the angles of its position.</summary>
    /// <param name="x">[tokens, heads, head_dim].</param>
    /// <param name="cosines">fp32 [tokens, r / 2] with r ≤ head_dim; no gradient flows to the angles.</param>
    /// <param name="sines">fp32 [tokens, r / 2].</param>
    public static Tensor Apply(Tensor x, Tensor cosines, Tensor sines)
    {
        if (!KernelSelection.UsesSimd(x))
            return ApplyComposition(x, cosines, sines);
        Check(x, cosines);
        Check(x, sines);
        using var scope = new TensorScope();
        Tensor output;
        using (GradientMode.Disable())
        {
            (cosines, sines) = (cosines.contiguous(), sines.contiguous());
            output = Rotate(x, cosines, sines, 1);
        }
        CustomGradient.Attach("Rotary", [output], [x], [cosines, sines],
            (saved, gradients) => [Rotate(gradients[0]!, saved[0], saved[1], -1)]);
        return scope.Keep(output);
    }

    internal static Tensor ApplyComposition(Tensor x, Tensor cosines, Tensor sines)
    {
        var half = cosines.Size(1);
        var (cos, sin) = (cosines.unsqueeze(1), sines.unsqueeze(1));              // [tokens, 1, half]
        var x32 = x.to(Dtype.Float32);
        var (first, second) = (x32.narrow(2, 0, half), x32.narrow(2, half, half)); // [tokens, heads, half]
        var rest = x32.narrow(2, 2 * half, x.Size(2) - 2 * half);
        return Tensor.cat([first * cos - second * sin, second * cos + first * sin, rest], 2).to(x.Dtype);
    }

    private static Tensor Rotate(Tensor x, Tensor cosines, Tensor sines, float sign)
    {
        var input = x.contiguous();
        var output = Tensor.empty([.. x.Shape], x.Dtype);
        if (x.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return output;

        void Run<T>() where T : unmanaged, IElement<T> => RotaryKernel<T>.Run(
            (T*)input.DataPointer, (float*)cosines.DataPointer, (float*)sines.DataPointer, (T*)output.DataPointer,
            (int)x.Size(0), (int)x.Size(1), (int)x.Size(2), (int)cosines.Size(1),
            sign);
    }

    private static void Check(Tensor x, Tensor angles)
    {
        if (x.Shape.Count != 3 || angles.Dtype != Dtype.Float32 || !angles.Device.IsCpu
            || angles.Shape.Count != 2 || angles.Size(0) != x.Size(0) || angles.Size(1) > x.Size(2) / 2)
        {
            throw new ArgumentException(
                $"{angles} are not fp32 angles [tokens, at most head_dim / 2] of {x}", nameof(angles));
        }
    }
}
