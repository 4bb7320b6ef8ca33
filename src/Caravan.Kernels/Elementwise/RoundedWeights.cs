using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;

namespace Caravan.Kernels.Elementwise;

/// <summary>A bf16 parameter alone, rounded at random to one of the two bf16 numbers beside the fp32 one, right on
/// average.</summary>
/// <param name="random">Its bits at the even multiples of 16 are taken here.</param>
internal readonly unsafe struct RoundedWeights(BFloat16Element* parameter, RandomBits random) : IWeights
{
    private const int Lanes = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Load(nint at) => BFloat16Element.Load(parameter + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(nint at, Vector512<float> value) => BFloat16Element.Store(parameter + at, Round(at, value));

    public float Read(nint at) => BFloat16Element.Read(parameter + at);

    public void Write(nint at, float value) =>
        BFloat16Element.Write(parameter + at, Round(at & -Lanes, Vector512.Create(value))[(int)(at % Lanes)]);

    // Random bits below those that are kept carry over as often as the rest deserves it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Round(nint at, Vector512<float> value)
    {
        var bits = value.AsUInt32() + (random.At(2 * (long)at) & Vector512.Create(0xffffu));
        bits &= Vector512.Create(0xffff0000u);
        var finite = Vector512.LessThan(Vector512.Abs(value), Vector512.Create(float.PositiveInfinity));
        return Vector512.ConditionalSelect(finite, bits.AsSingle(), value);
    }
}
