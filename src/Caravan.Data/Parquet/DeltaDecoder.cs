namespace Caravan.Data.Parquet;

/// <summary>
/// DELTA_BINARY_PACKED: a first value and then differences, packed in blocks of miniblocks with a bit width each.
/// </summary>
internal static class DeltaDecoder
{
    private const int LargestBlock = 1 << 16;

    /// <summary>Decodes all values, of which there may be at most <paramref name="most"/>.</summary>
    public static long[] Decode(ReadOnlySpan<byte> input, int most, out int used)
    {
        used = 0;
        var blockSize = (long)Unsigned(input, ref used);
        var miniblocks = (long)Unsigned(input, ref used);
        var total = Unsigned(input, ref used);
        if (blockSize is <= 0 or > LargestBlock || miniblocks <= 0 || miniblocks > blockSize ||
            blockSize % miniblocks != 0 ||
            blockSize / miniblocks % 8 != 0)
        {
            throw new InvalidDataException("differences are in impossible blocks");
        }
        if (total > (ulong)most)
            throw new InvalidDataException($"{total} differences stand where there are {most} values");
        var values = new long[(int)total];
        var value = Signed(input, ref used);
        if (values.Length > 0)
            values[0] = value;
        var perMiniblock = (int)(blockSize / miniblocks);
        for (var filled = 1; filled < values.Length;)
        {
            var smallest = Signed(input, ref used);
            if (miniblocks > input.Length - used)
                throw new InvalidDataException("differences end too early");
            var widths = input.Slice(used, (int)miniblocks);
            used += (int)miniblocks;
            foreach (var width in widths)
            {
                if (filled >= values.Length)
                    break;
                var bytes = (long)perMiniblock * width / 8;
                if (width > 64 || bytes > input.Length - used)
                    throw new InvalidDataException("differences end too early");
                var packed = input.Slice(used, (int)bytes);
                used += (int)bytes;
                for (var i = 0; i < perMiniblock && filled < values.Length; i++)
                    values[filled++] = value = unchecked(value + smallest + (long)BitPacking.At(packed, width, i));
            }
        }
        return values;
    }

    public static ulong Unsigned(ReadOnlySpan<byte> input, ref int position)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (position >= input.Length)
                throw new InvalidDataException("a number ends too early");
            var part = input[position++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw new InvalidDataException("a number has no end");
    }

    private static long Signed(ReadOnlySpan<byte> input, ref int position)
    {
        var value = Unsigned(input, ref position);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
