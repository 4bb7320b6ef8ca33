using System.Buffers.Binary;

namespace Caravan.Data.Parquet;

/// <summary>Snappy's raw format: literals and copies from what was already written.</summary>
internal static class Snappy
{
    private const int HashBits = 14;
    private const int ShortestCopy = 4;
    private const int LongestCopy = 64;
    private const int LongestDistance = ushort.MaxValue;

    /// <summary>
    /// Compresses: at each place the last one with the same four bytes, if it is near enough, is copied from.
    /// </summary>
    public static byte[] Compress(ReadOnlySpan<byte> input)
    {
        var output = new MemoryStream(input.Length / 2 + 16);
        for (var length = (uint)input.Length; ; length >>= 7)
        {
            output.WriteByte((byte)(length >= 0x80 ? length | 0x80 : length));
            if (length < 0x80)
                break;
        }
        var last = new int[1 << HashBits];
        var (literal, position) = (0, 0);
        while (position + ShortestCopy <= input.Length)
        {
            var bytes = BinaryPrimitives.ReadUInt32LittleEndian(input[position..]);
            var slot = (int)((bytes * 0x9E3779B1) >> (32 - HashBits));
            // Places are kept plus one, so that 0 is none.
            var before = last[slot] - 1;
            last[slot] = position + 1;
            if (before < 0 || position - before > LongestDistance ||
                BinaryPrimitives.ReadUInt32LittleEndian(input[before..]) != bytes)
            {
                position++;
                continue;
            }
            var same = ShortestCopy +
                input[(position + ShortestCopy)..].CommonPrefixLength(input[(before + ShortestCopy)..]);
            WriteLiteral(output, input[literal..position]);
            WriteCopies(output, same, position - before);
            literal = position += same;
        }
        WriteLiteral(output, input[literal..]);
        return output.ToArray();
    }

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

    private static void WriteLiteral(MemoryStream output, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return;
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length - 1);
        var bytes = text.Length <= 60 ? 0 : text.Length <= 1 << 8 ? 1 : text.Length <= 1 << 16 ? 2 : 4;
        output.WriteByte((byte)((bytes == 0 ? text.Length - 1 : 59 + bytes) << 2));
        output.Write(length[..bytes]);
        output.Write(text);
    }

    private static void WriteCopies(MemoryStream output, int length, int distance)
    {
        for (; length > 0; length -= LongestCopy)
        {
            output.WriteByte((byte)(((Math.Min(length, LongestCopy) - 1) << 2) | 2));
            output.WriteByte((byte)distance);
            output.WriteByte((byte)(distance >> 8));
        }
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
