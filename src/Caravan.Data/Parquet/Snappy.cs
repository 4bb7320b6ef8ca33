namespace Caravan.Data.Parquet;

/// <summary>Decompresses Snappy's raw format: literals and copies from what was already written.</summary>
internal static class Snappy
{
    /// <summary>Fills <paramref name="output"/>, whose length must be the one that the data states.</summary>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var position = ReadLength(input, out var length);
        if (length != output.Length)
            throw Broken($"it states {length} bytes and the page {output.Length}");
        var written = 0;
        while (position < input.Length)
        {
            var tag = input[position++];
            if ((tag & 3) == 0)
            {
                var count = LiteralLength(input, tag, ref position);
                if (count > input.Length - position || count > output.Length - written)
                    throw Broken("a literal is too long");
                input.Slice(position, count).CopyTo(output[written..]);
                position += count;
                written += count;
                continue;
            }
            var (copy, distance) = Copy(input, tag, ref position);
            if (distance == 0 || distance > written || copy > output.Length - written)
                throw Broken("a copy reaches outside");
            if (distance >= copy)
                output.Slice(written - distance, copy).CopyTo(output[written..]);
            else
            {
                // The copy reads what it writes: a pattern that repeats.
                for (var i = written; i < written + copy; i++)
                    output[i] = output[i - distance];
            }
            written += copy;
        }
        if (written != output.Length)
            throw Broken("it ends too early");
    }

    private static int ReadLength(ReadOnlySpan<byte> input, out long length)
    {
        length = 0;
        for (var i = 0; i < 5 && i < input.Length; i++)
        {
            length |= (long)(input[i] & 0x7F) << (7 * i);
            if (input[i] < 0x80)
                return i + 1;
        }
        throw Broken("its length has no end");
    }

    private static int LiteralLength(ReadOnlySpan<byte> input, byte tag, ref int position)
    {
        var length = tag >> 2;
        if (length < 60)
            return length + 1;
        var bytes = length - 59;
        var value = Number(input, bytes, ref position);
        return value < int.MaxValue ? (int)value + 1 : throw Broken("a literal is too long");
    }

    private static (int Length, int Distance) Copy(ReadOnlySpan<byte> input, byte tag, ref int position)
    {
        if ((tag & 3) == 1)
            return (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | (int)Number(input, 1, ref position));
        var distance = Number(input, (tag & 3) == 2 ? 2 : 4, ref position);
        return ((tag >> 2) + 1, distance <= int.MaxValue ? (int)distance : throw Broken("a copy reaches outside"));
    }

    private static long Number(ReadOnlySpan<byte> input, int bytes, ref int position)
    {
        if (bytes > input.Length - position)
            throw Broken("it ends too early");
        long value = 0;
        for (var i = 0; i < bytes; i++)
            value |= (long)input[position++] << (8 * i);
        return value;
    }

    private static InvalidDataException Broken(string what) => new($"the Snappy data is damaged: {what}");
}
