using System.Buffers.Binary;

namespace Caravan.Data.Parquet;

/// <summary>Integers of a fixed number of bits, one after the other from the lowest bit up.</summary>
internal static class BitPacking
{
    /// <summary>Unpacks up to 32 bits a value.</summary>
    public static void Unpack(ReadOnlySpan<byte> input, int bitWidth, Span<int> output)
    {
        if (((long)output.Length * bitWidth + 7) / 8 > input.Length)
            throw new InvalidDataException("packed values end too early");
        var mask = bitWidth == 32 ? uint.MaxValue : (1u << bitWidth) - 1;
        for (var i = 0; i < output.Length; i++)
        {
            var bit = (long)i * bitWidth;
            output[i] = (int)((uint)(Load(input, (int)(bit >> 3)) >> (int)(bit & 7)) & mask);
        }
    }

    /// <summary>One value of up to 64 bits.</summary>
    public static ulong At(ReadOnlySpan<byte> input, int bitWidth, int index)
    {
        var bit = (long)index * bitWidth;
        var first = (int)(bit >> 3);
        var shift = (int)(bit & 7);
        var value = Load(input, first) >> shift;
        if (shift > 0 && bitWidth > 64 - shift)
            value |= Load(input, first + 8) << (64 - shift);
        return bitWidth == 64 ? value : value & ((1UL << bitWidth) - 1);
    }

    private static ulong Load(ReadOnlySpan<byte> input, int start)
    {
        if (input.Length - start >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64LittleEndian(input[start..]);
        ulong value = 0;
        for (var i = start; i < input.Length; i++)
            value |= (ulong)input[i] << (8 * (i - start));
        return value;
    }
}
