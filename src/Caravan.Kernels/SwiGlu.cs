using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>The gated activation of LLaMA's feed-forward part (Shazeer 2020, arXiv:2002.05202).</summary>
public static unsafe class SwiGlu
{
    /// <summary>silu(gate) · up, element by element, computed in fp32.</summary>
    public static Tensor Forward(Tensor gate, Tensor up)
    {
        if (!KernelSelection.UsesSimd(gate, up) || !gate.Shape.SequenceEqual(up.Shape))
            return ForwardComposition(gate, up);
        using var scope = new TensorScope();
        Tensor g, u, output;
        using (GradientMode.Disable())
        {
            (g, u) = (gate.contiguous(), up.contiguous());
            output = Tensor.empty([.. g.Shape], g.Dtype);
            if (g.Dtype == Dtype.Float32)
                Run<Float32Element>();
            else
                Run<BFloat16Element>();
        }
        CustomGradient.Attach("SwiGlu", [output], [gate, up], [g, u],
            (saved, gradients) =>
            {
                var (dGate, dUp) = Differentiate(saved[0], saved[1], gradients[0]!.contiguous());
                return [dGate, dUp];
            });
        return scope.Keep(output);

        void Run<T>() where T : unmanaged, IElement<T> => SwiGluKernel<T>.Forward(
            (T*)g.DataPointer, (T*)u.DataPointer, (T*)output.DataPointer, g.Count);
    }

    internal static Tensor ForwardComposition(Tensor gate, Tensor up) => gate.silu().mul(up);

    internal static (Tensor Gate, Tensor Up) Differentiate(Tensor gate, Tensor up, Tensor gradient)
    {
        var dGate = Tensor.empty([.. gate.Shape], gate.Dtype);
        var dUp = Tensor.empty([.. gate.Shape], gate.Dtype);
        if (gate.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return (dGate, dUp);

        void Run<T>() where T : unmanaged, IElement<T> => SwiGluKernel<T>.Backward(
            (T*)gate.DataPointer, (T*)up.DataPointer, (T*)gradient.DataPointer, (T*)dGate.DataPointer,
            (T*)dUp.DataPointer, gate.Count);
    }
}
