using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>The angles by which one forward pass rotates its queries and keys.</summary>
/// <param name="Cosines">fp32 [tokens, rotated dimensions / 2].</param>
/// <param name="Sines">fp32 [tokens, rotated dimensions / 2].</param>
internal readonly record struct RotaryAngles(Tensor Cosines, Tensor Sines)
{
    /// <param name="x">[tokens, heads, head_dim].</param>
    internal Tensor Rotate(Tensor x) => Rotary.Apply(x, Cosines, Sines);
}
