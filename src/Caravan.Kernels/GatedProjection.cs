using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>The end of a gated feed-forward part in one: <see cref="SwiGlu"/> and the projection of its product, which
/// the backward pass computes again instead of keeping it.</summary>
public static class GatedProjection
{
    /// <summary>(silu(gate) · up) · weightᵀ.</summary>
    /// <param name="gate">[tokens, intermediate].</param>
    /// <param name="up">[tokens, intermediate].</param>
    /// <param name="weight">[out, intermediate].</param>
    /// <returns>[tokens, out].</returns>
    public static Tensor Forward(Tensor gate, Tensor up, Tensor weight)
    {
        if (!KernelSelection.UsesSimd(gate, up, weight) || !gate.Shape.SequenceEqual(up.Shape))
            return Projection.Forward(SwiGlu.Forward(gate, up), weight);
        using var scope = new TensorScope();
        Tensor g, u, matrix, output;
        using (GradientMode.Disable())
        {
            (g, u, matrix) = (gate.contiguous(), up.contiguous(), weight.contiguous());
            output = Projection.Forward(SwiGlu.Forward(g, u), matrix);
        }
        var (ofInputs, ofWeight) = (gate.RequiresGrad || up.RequiresGrad, weight.RequiresGrad);
        CustomGradient.Attach("GatedProjection", [output], [gate, up, weight], [g, u, matrix], (saved, gradients) =>
            Differentiate(saved[0], saved[1], saved[2], gradients[0]!.contiguous(), ofInputs, ofWeight));
        return scope.Keep(output);
    }

    private static Tensor?[] Differentiate(
        Tensor gate, Tensor up, Tensor weight, Tensor gradient, bool ofInputs, bool ofWeight)
    {
        var dWeight = ofWeight ? WeightGradient(gate, up, weight, gradient) : null;
        if (!ofInputs)
            return [null, null, dWeight];
        var dProduct = Tensor.empty([.. gate.Shape], gate.Dtype);                 // [tokens, intermediate]
        MatrixProduct.Multiply(gradient, false, weight, false, dProduct);
        var (dGate, dUp) = SwiGlu.Differentiate(gate, up, dProduct);
        return [dGate, dUp, dWeight];
    }

    // The product is freed before the inputs' gradients are made.
    private static Tensor WeightGradient(Tensor gate, Tensor up, Tensor weight, Tensor gradient)
    {
        using var scope = new TensorScope();
        var dWeight = Tensor.empty([.. weight.Shape], weight.Dtype);
        MatrixProduct.Multiply(gradient, true, SwiGlu.Forward(gate, up), false, dWeight);
        return scope.Keep(dWeight);
    }
}
