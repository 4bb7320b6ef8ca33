using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// Dropout (Srivastava et al. 2014) whose mask is a function of a key and the element's position: it is computed again
/// in the backward pass instead of being kept, and is the same on every device, in every type and for every number of
/// threads.
/// </summary>
public static unsafe class Dropout
{
    private static readonly Operator Xor = new("aten::bitwise_xor", "Tensor");
    private static readonly Operator XorScalar = new("aten::bitwise_xor", "Scalar");
    private static readonly Operator And = new("aten::bitwise_and", "Scalar");
    private static readonly Operator Multiply = new("aten::mul", "Scalar");
    private static readonly Operator ShiftRight = new("aten::__rshift__", "Scalar");

    /// <summary>Zeros in place of a share of the elements, the others divided by the share that is left.</summary>
    /// <param name="probability">Share of zeros, from 0 up to but without 1.</param>
    /// <param name="key">Which mask; equal keys give equal masks.</param>
    public static Tensor Forward(Tensor x, double probability, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        var mask = new DropoutMask(probability, key);
        if (!KernelSelection.UsesSimd(x))
            return ForwardComposition(x, mask);
        using var scope = new TensorScope();
        Tensor output;
        using (GradientMode.Disable())
            output = Apply(x, mask);
        CustomGradient.Attach("Dropout", [output], [x], [], (_, gradients) => [Apply(gradients[0]!, mask)]);
        return scope.Keep(output);
    }

    /// <summary>The mask on any tensor, without a gradient.</summary>
    internal static Tensor Masked(Tensor x, DropoutMask mask) =>
        KernelSelection.UsesSimd(x) ? Apply(x, mask) : ForwardComposition(x, mask);

    internal static Tensor ForwardComposition(Tensor x, DropoutMask mask)
    {
        Tensor factors;
        using (GradientMode.Disable())
        {
            var bits = Mix(XorScalar.Call(Tensor.arange(0, x.Count, device: x.Device), (long)mask.First));
            bits = Mix(XorScalar.Call(bits, (long)mask.Second));
            factors = (bits.ge(mask.Threshold).to(Dtype.Float32) * mask.Scale).view([.. x.Shape]);
        }
        return (x * factors).to(x.Dtype);
    }

    private static Tensor Apply(Tensor x, DropoutMask mask)
    {
        var source = x.contiguous();
        var result = Tensor.empty([.. source.Shape], source.Dtype);
        if (source.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return result;

        void Run<T>() where T : unmanaged, IElement<T> =>
            DropoutKernel<T>.Run((T*)source.DataPointer, (T*)result.DataPointer, source.Count, mask);
    }

    // DropoutMask.Mix on int64, which holds 32-bit products' low halves whatever their sign.
    private static Tensor Mix(Tensor bits)
    {
        bits = And.Call(Times(Xor.Call(bits, ShiftRight.Call(bits, 16L)), DropoutMask.FirstFactor), 0xffffffffL);
        bits = And.Call(Times(Xor.Call(bits, ShiftRight.Call(bits, 13L)), DropoutMask.SecondFactor), 0xffffffffL);
        return Xor.Call(bits, ShiftRight.Call(bits, 16L));
    }

    private static Tensor Times(Tensor bits, long factor) => Multiply.Call(bits, factor);
}
