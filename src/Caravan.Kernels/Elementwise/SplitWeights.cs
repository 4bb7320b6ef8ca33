using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Caravan.Kernels.Elementwise;

/// <summary>fp32 numbers in two halves of 16 bits, as <see cref="MasterWeights"/> has them: a bf16 parameter and its
/// remainder.</summary>
internal readonly unsafe struct SplitWeights(ushort* parameter, short* remainder) : IWeights
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Load(nint at)
    {
        var (high, low) = (Vector256.Load(parameter + at), Vector256.Load(remainder + at));
        var (wideHigh, wideLow) = Avx512F.IsSupported
            ? (Avx512F.ConvertToVector512UInt32(high), Avx512F.ConvertToVector512Int32(low))
            : (Vector512.Create(Vector256.WidenLower(high), Vector256.WidenUpper(high)),
                Vector512.Create(Vector256.WidenLower(low), Vector256.WidenUpper(low)));
        return ((wideHigh << 16) + wideLow.AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(nint at, Vector512<float> value)
    {
        var bits = Vector512.ConditionalSelect(
            Vector512.Equals(value, value), value, Vector512.Create(float.NaN)).AsUInt32();
        var rounded = (bits + Vector512.Create(0x8000u)) >> 16;
        var (high, low) = Avx512F.IsSupported
            ? (Avx512F.ConvertToVector256UInt16(rounded), Avx512F.ConvertToVector256UInt16(bits))
            : (Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()),
                Vector256.Narrow(bits.GetLower(), bits.GetUpper()));
        high.Store(parameter + at);
        low.AsInt16().Store(remainder + at);
    }

    public float Read(nint at) => BitConverter.UInt32BitsToSingle(((uint)parameter[at] << 16) + (uint)remainder[at]);

    public void Write(nint at, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(float.IsNaN(value) ? float.NaN : value);
        parameter[at] = (ushort)((bits + 0x8000) >> 16);
        remainder[at] = (short)bits;
    }
}
