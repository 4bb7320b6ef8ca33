using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Caravan.Data.Parquet;

/// <summary>Snappy's raw format: literals and copies from what was already written.</summary>
internal static class Snappy
{
    private const int HashBits = 14;
    private const int ShortestCopy = 4;
    private const int LongestCopy = 64;
    private const int LongestDistance = ushort.MaxValue;
    private const int Block = 16;

    // What each tag of a copy means: its length, the high bits of its distance (8 to 10), and from bit 11 how many
    // bytes with the rest of the distance follow.
    private static readonly ushort[] Copies = [.. Enumerable.Range(0, 256).Select(tag => (ushort)((tag & 3) switch
    {
        1 => (((tag >> 2) & 7) + 4) | ((tag >> 5) << 8) | (1 << 11),
        2 => ((tag >> 2) + 1) | (2 << 11),
        _ => ((tag >> 2) + 1) | (4 << 11),
    }))];

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var position = ReadLength(input, out var length);
        if (length != output.Length)
            throw Broken($"it states {length} bytes and the page {output.Length}");
        ref var source = ref MemoryMarshal.GetReference(input);
        ref var target = ref MemoryMarshal.GetReference(output);
        ref var copies = ref MemoryMarshal.GetArrayDataReference(Copies);
        var written = 0;
        while (position < input.Length)
        {
            var tag = Unsafe.Add(ref source, position++);
            if ((tag & 3) == 0)
            {
                var count = LiteralLength(input, tag, ref position);
                if (count > input.Length - position || count > output.Length - written)
                    throw Broken("a literal is too long");
                // Where there is room for it, a whole block is quicker to copy than the part of it that counts.
                if (count <= Block && input.Length - position >= Block && output.Length - written >= Block)
                    Vector128.LoadUnsafe(ref source, (nuint)position).StoreUnsafe(ref target, (nuint)written);
                else
                    input.Slice(position, count).CopyTo(output[written..]);
                position += count;
                written += count;
                continue;
            }
            int entry = Unsafe.Add(ref copies, tag);
            var bytes = entry >> 11;
            var distance = (uint)(entry & 0x700) + Rest(input, bytes, position);
            position += bytes;
            var copy = entry & 0x7F;
            if (distance - 1 >= (uint)written || copy > output.Length - written)
                throw Broken("a copy reaches outside");
            Repeat(output, written, (int)distance, copy);
            written += copy;
        }
        if (written != output.Length)
            throw Broken("it ends too early");
    }

    // Copies from so far back; if that is less than the length, the copy reads what it writes: a pattern that repeats.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Repeat(Span<byte> output, int written, int distance, int length)
    {
        if (distance >= Block && output.Length - written >= LongestCopy)
        {
            ref var to = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), written);
            ref var from = ref Unsafe.Subtract(ref to, distance);
            for (var done = 0; done < length; done += Block)
                Vector128.LoadUnsafe(ref from, (nuint)done).StoreUnsafe(ref to, (nuint)done);
        }
        else if (distance >= length)
            output.Slice(written - distance, length).CopyTo(output[written..]);
        else
        {
            for (var i = written; i < written + length; i++)
                output[i] = output[i - distance];
        }
    }

    // The bytes of a distance that follow its tag.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Rest(ReadOnlySpan<byte> input, int bytes, int position)
    {
        if (input.Length - position < sizeof(uint))
            return (uint)Number(input, bytes, ref position);
        var four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(input), position));
        return four & (uint.MaxValue >> (32 - 8 * bytes));
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
