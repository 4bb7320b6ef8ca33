using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Caravan.Checkpoints;

/// <summary>
/// Stored floating-point numbers to single precision and back, rounding to nearest even. All weight arithmetic is done
/// in single precision, as the original scripts do it.
/// </summary>
internal static class Floats
{
    /// <summary>Widens (or, from F64, narrows) stored numbers to singles.</summary>
    public static void ToSingle(WeightType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case WeightType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case WeightType.BF16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));
                break;
            case WeightType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case WeightType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating-point type");
        }
    }

    /// <summary>Stores singles in another type. Too large numbers become infinite; NaN stays NaN.</summary>
    public static void FromSingle(ReadOnlySpan<float> source, WeightType type, Span<byte> destination)
    {
        switch (type)
        {
            case WeightType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case WeightType.BF16:
                NarrowBFloat16(MemoryMarshal.Cast<float, uint>(source), MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case WeightType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case WeightType.F64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating-point type");
        }
    }

    /// <summary>Whether all numbers are finite.</summary>
    public static bool AllFinite(ReadOnlySpan<float> numbers)
    {
        // An exponent of all ones marks infinities and NaN; the largest exponent of the block decides.
        const uint exponent = 0x7F800000;
        var bits = MemoryMarshal.Cast<float, uint>(numbers);
        var largest = Vector256<uint>.Zero;
        var i = 0;
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
            largest = Vector256.Max(largest, Vector256.Create(bits[i..]) & Vector256.Create(exponent));
        for (; i < bits.Length; i++)
        {
            if ((bits[i] & exponent) == exponent)
                return false;
        }
        return !Vector256.EqualsAny(largest, Vector256.Create(exponent));
    }

    /// <summary>The sum in double precision, from single-precision sums of short blocks.</summary>
    public static double Sum(ReadOnlySpan<float> numbers)
    {
        double sum = 0;
        for (; numbers.Length > 0; numbers = numbers[Math.Min(1024, numbers.Length)..])
            sum += TensorPrimitives.Sum(numbers[..Math.Min(1024, numbers.Length)]);
        return sum;
    }

    /// <summary>One stored number as a single.</summary>
    public static float ReadOne(WeightType type, ReadOnlySpan<byte> bytes) => type switch
    {
        WeightType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        WeightType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        WeightType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
    };

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination[..source.Length]);
        var i = 0;
        for (; i <= source.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (lower, upper) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            (lower << 16).StoreUnsafe(ref to, (nuint)i);
            (upper << 16).StoreUnsafe(ref to, (nuint)(i + Vector512<uint>.Count));
        }
        for (; i < source.Length; i++)
            destination[i] = (uint)source[i] << 16;
    }

    private static void NarrowBFloat16(ReadOnlySpan<uint> source, Span<ushort> destination)
    {
        var i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var lower = RoundBFloat16(Vector256.Create(source[i..]));
            var upper = RoundBFloat16(Vector256.Create(source[(i + Vector256<uint>.Count)..]));
            Vector256.Narrow(lower, upper).CopyTo(destination[i..]);
        }
        for (; i < source.Length; i++)
            destination[i] = (ushort)RoundBFloat16(Vector256.CreateScalar(source[i])).ToScalar();
    }

    /// <summary>The upper 16 bits, rounded to nearest even; a NaN keeps its sign and becomes quiet.</summary>
    private static Vector256<uint> RoundBFloat16(Vector256<uint> bits)
    {
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFFFFFFu), Vector256.Create(0x7F800000u));
        return Vector256.ConditionalSelect(isNaN, (bits >> 16) | Vector256.Create(0x40u), rounded);
    }
}
