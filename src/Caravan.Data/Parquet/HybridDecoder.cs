namespace Caravan.Data.Parquet;

/// <summary>
/// Decodes runs and bit-packed groups of small integers, which hold levels, dictionary indices and truth values.
/// </summary>
internal static class HybridDecoder
{
    /// <summary>Fills <paramref name="output"/> and returns the bytes that were used.</summary>
    public static int Decode(ReadOnlySpan<byte> input, int bitWidth, Span<int> output)
    {
        if (bitWidth is < 0 or > 32)
            throw new InvalidDataException($"{bitWidth} bits are no width");
        var position = 0;
        var filled = 0;
        while (filled < output.Length)
        {
            var header = DeltaDecoder.Unsigned(input, ref position);
            if ((header & 1) == 0)
            {
                var value = Value(input, bitWidth, ref position);
                var run = (int)Math.Min(header >> 1, (ulong)(output.Length - filled));
                if (run == 0)
                    throw new InvalidDataException("a run of no values");
                output.Slice(filled, run).Fill(value);
                filled += run;
                continue;
            }
            var groups = header >> 1;
            if (groups == 0 || groups > int.MaxValue / 8)
                throw new InvalidDataException("a group of no values");
            var count = (int)Math.Min(groups * 8, (ulong)(output.Length - filled));
            var bytes = (long)groups * bitWidth;
            BitPacking.Unpack(input[position..], bitWidth, output.Slice(filled, count));
            position = (int)Math.Min(input.Length, position + bytes);
            filled += count;
        }
        return position;
    }

    private static int Value(ReadOnlySpan<byte> input, int bitWidth, ref int position)
    {
        var bytes = (bitWidth + 7) / 8;
        if (bytes > input.Length - position)
            throw new InvalidDataException("a run ends too early");
        var value = 0;
        for (var i = 0; i < bytes; i++)
            value |= input[position++] << (8 * i);
        return value;
    }
}
