using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Simd;

/// <summary>
/// Numbers from 0 to 1 in seven or eight bits: three bits of mantissa, the rest the exponent. Code 0 is zero; code c
/// from 1 on is the fp32 number whose upper bits are c − 1 above those of the smallest power of two.
/// </summary>
internal static unsafe class EightBits
{
    private const int Shift = 23 - 3;
    private const int SignedExponents = 15, UnsignedExponents = 31;

    /// <summary>Codes with a sign: down to 2⁻¹⁵, below that zero or 2⁻¹⁵.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreSigned(byte* target, Vector512<float> value, Vector512<uint> random)
    {
        var size = Vector512.Abs(value);
        var code = Encode(size, random, SignedExponents);
        var smallest = Vector512.Create(1f / (1 << SignedExponents));
        // A random number from 0 to 1 in the mantissa.
        var chance = ((random >> 9) | Vector512.Create(0x3f800000u)).AsSingle() - Vector512<float>.One;
        var low = Vector512.LessThan(chance * smallest, size).AsUInt32() & Vector512<uint>.One;
        code = Vector512.ConditionalSelect(Vector512.LessThan(size, smallest).AsUInt32(), low, code);
        Narrow(code | ((value.AsUInt32() >> 31) << 7)).Store(target);
    }

    /// <summary>Codes without a sign: down to 2⁻³¹, and 2⁻³¹ for all that is smaller but zero: what divides must not
    /// vanish.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreUnsigned(byte* target, Vector512<float> value, Vector512<uint> random)
    {
        var smallest = Vector512.Create(1f / (1u << UnsignedExponents));
        var code = Vector512.Max(Encode(value, random, UnsignedExponents), Vector512<uint>.One);
        code = Vector512.ConditionalSelect(Vector512.LessThan(value, smallest).AsUInt32(), Vector512<uint>.One, code);
        code = Vector512.ConditionalSelect(
            Vector512.GreaterThan(value, Vector512<float>.Zero).AsUInt32(), code, Vector512<uint>.Zero);
        Narrow(code).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> LoadSigned(byte* source)
    {
        var code = Widen(Vector128.Load(source));
        var size = Decode(code & Vector512.Create(0x7fu), SignedExponents).AsUInt32();
        return (size | ((code & Vector512.Create(0x80u)) << 24)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> LoadUnsigned(byte* source) =>
        Decode(Widen(Vector128.Load(source)), UnsignedExponents);

    private static uint Offset(int exponents) => (uint)(127 - exponents) << (23 - Shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Encode(Vector512<float> value, Vector512<uint> random, int exponents)
    {
        var bits = value.AsUInt32() + (random & Vector512.Create((1u << Shift) - 1));
        return (bits >> Shift) - Vector512.Create(Offset(exponents) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Decode(Vector512<uint> code, int exponents)
    {
        var bits = (code + Vector512.Create(Offset(exponents) - 1)) << Shift;
        return Vector512.ConditionalSelect(
            Vector512.Equals(code, Vector512<uint>.Zero), Vector512<uint>.Zero, bits).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Narrow(Vector512<uint> codes)
    {
        var halves = Vector256.Narrow(codes.GetLower(), codes.GetUpper());
        return Vector128.Narrow(halves.GetLower(), halves.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(Vector128<byte> codes)
    {
        var (lower, upper) = Vector128.Widen(codes);
        return Vector512.Create(
            Vector256.Create(Vector128.WidenLower(lower), Vector128.WidenUpper(lower)),
            Vector256.Create(Vector128.WidenLower(upper), Vector128.WidenUpper(upper)));
    }
}
