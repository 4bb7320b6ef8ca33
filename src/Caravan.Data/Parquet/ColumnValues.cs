using System.Buffers.Binary;

namespace Caravan.Data.Parquet;

/// <summary>
/// The values of a page or a dictionary, of one of three kinds: whole numbers (also truth values), real numbers, or
/// byte strings, which point into the page.
/// </summary>
internal sealed class ColumnValues
{
    public long[]? Integers { get; private init; }

    public double[]? Reals { get; private init; }

    private byte[] Data { get; init; } = [];

    private (int Start, int Length)[]? Slices { get; init; }

    public int Count => Integers?.Length ?? Reals?.Length ?? Slices!.Length;

    public ReadOnlySpan<byte> Bytes(int index)
    {
        var (start, length) = Slices![index];
        return Data.AsSpan(start, length);
    }

    /// <summary>Decodes <paramref name="count"/> values that begin at <paramref name="start"/> of the page.</summary>
    public static ColumnValues Decode(byte[] page, int start, int count, ParquetEncoding encoding, SchemaNode column) =>
        (encoding, column.Type) switch
        {
            (ParquetEncoding.Plain, _) => Plain(page, start, count, column),
            (ParquetEncoding.Rle, PhysicalType.Boolean) => Runs(page, start, count),
            (ParquetEncoding.DeltaBinaryPacked, PhysicalType.Int32 or PhysicalType.Int64) => new()
            {
                Integers = Exactly(DeltaDecoder.Decode(page.AsSpan(start), count, out _), count),
            },
            (ParquetEncoding.DeltaLengthByteArray, PhysicalType.ByteArray) => DeltaLengths(page, start, count),
            (ParquetEncoding.DeltaByteArray, PhysicalType.ByteArray or PhysicalType.FixedLengthByteArray) =>
                DeltaStrings(page, start, count),
            (ParquetEncoding.ByteStreamSplit, PhysicalType.Float or PhysicalType.Double or PhysicalType.Int32
                or PhysicalType.Int64) => Split(page, start, count, column),
            _ => throw new InvalidDataException(
                $"encoding number {(int)encoding} of {column.Type} values is not supported"),
        };

    private static ColumnValues Plain(byte[] page, int start, int count, SchemaNode column)
    {
        var input = page.AsSpan(start);
        switch (column.Type)
        {
            case PhysicalType.Boolean:
                var bits = new int[count];
                BitPacking.Unpack(input, 1, bits);
                return new ColumnValues { Integers = Array.ConvertAll(bits, bit => (long)bit) };
            case PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Float or PhysicalType.Double:
                return Numbers(input, count, column.Type.Value);
            case PhysicalType.ByteArray:
                return Strings(page, start, count);
            default:
                var length = column.Type == PhysicalType.Int96 ? 12 : column.TypeLength;
                if ((long)length * count > input.Length)
                    throw TooEarly();
                return new ColumnValues
                {
                    Data = page,
                    Slices = [.. Enumerable.Range(0, count).Select(i => (start + i * length, length))],
                };
        }
    }

    private static ColumnValues Numbers(ReadOnlySpan<byte> input, int count, PhysicalType type)
    {
        var size = type is PhysicalType.Int32 or PhysicalType.Float ? 4 : 8;
        if ((long)size * count > input.Length)
            throw TooEarly();
        if (type is PhysicalType.Int32 or PhysicalType.Int64)
        {
            var integers = new long[count];
            for (var i = 0; i < count; i++)
            {
                integers[i] = size == 4
                    ? BinaryPrimitives.ReadInt32LittleEndian(input[(4 * i)..])
                    : BinaryPrimitives.ReadInt64LittleEndian(input[(8 * i)..]);
            }
            return new ColumnValues { Integers = integers };
        }
        var reals = new double[count];
        for (var i = 0; i < count; i++)
        {
            reals[i] = size == 4
                ? BinaryPrimitives.ReadSingleLittleEndian(input[(4 * i)..])
                : BinaryPrimitives.ReadDoubleLittleEndian(input[(8 * i)..]);
        }
        return new ColumnValues { Reals = reals };
    }

    private static ColumnValues Strings(byte[] page, int start, int count)
    {
        // Each string has a length of four bytes before it, which bounds how many there can be.
        if (4L * count > page.Length - start)
            throw TooEarly();
        var slices = new (int, int)[count];
        var position = start;
        for (var i = 0; i < count; i++)
        {
            if (page.Length - position < 4)
                throw TooEarly();
            var length = BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(position));
            position += 4;
            if (length < 0 || length > page.Length - position)
                throw TooEarly();
            slices[i] = (position, length);
            position += length;
        }
        return new ColumnValues { Data = page, Slices = slices };
    }

    private static ColumnValues Runs(byte[] page, int start, int count)
    {
        if (page.Length - start < 4)
            throw TooEarly();
        var values = new int[count];
        HybridDecoder.Decode(page.AsSpan(start + 4), 1, values);
        return new ColumnValues { Integers = Array.ConvertAll(values, value => (long)value) };
    }

    private static ColumnValues DeltaLengths(byte[] page, int start, int count)
    {
        var lengths = Exactly(DeltaDecoder.Decode(page.AsSpan(start), count, out var used), count);
        var slices = new (int, int)[count];
        var position = start + used;
        for (var i = 0; i < count; i++)
        {
            if (lengths[i] < 0 || lengths[i] > page.Length - position)
                throw TooEarly();
            slices[i] = (position, (int)lengths[i]);
            position += (int)lengths[i];
        }
        return new ColumnValues { Data = page, Slices = slices };
    }

    // Each string is a beginning of the one before it, and a rest.
    private static ColumnValues DeltaStrings(byte[] page, int start, int count)
    {
        var prefixes = Exactly(DeltaDecoder.Decode(page.AsSpan(start), count, out var used), count);
        var rests = DeltaLengths(page, start + used, count);
        var slices = new (int Start, int Length)[count];
        var data = new List<byte>(page.Length);
        for (var i = 0; i < count; i++)
        {
            var before = i == 0 ? default : slices[i - 1];
            if (prefixes[i] < 0 || prefixes[i] > before.Length)
                throw new InvalidDataException("a string begins with more of the one before it than there is");
            // A beginning that is repeated over and over is the one way to make much of little.
            if (data.Count > 1 << 30)
                throw new InvalidDataException("a page of strings decodes to more than 1 GiB");
            var rest = rests.Bytes(i);
            slices[i] = (data.Count, (int)prefixes[i] + rest.Length);
            var old = data.Count;
            System.Runtime.InteropServices.CollectionsMarshal.SetCount(data, old + (int)prefixes[i] + rest.Length);
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(data);
            all.Slice(before.Start, (int)prefixes[i]).CopyTo(all[old..]);
            rest.CopyTo(all[(old + (int)prefixes[i])..]);
        }
        return new ColumnValues { Data = [.. data], Slices = slices };
    }

    private static ColumnValues Split(byte[] page, int start, int count, SchemaNode column)
    {
        var size = column.Type is PhysicalType.Int32 or PhysicalType.Float ? 4 : 8;
        if ((long)size * count > page.Length - start)
            throw TooEarly();
        var whole = new byte[size * count];
        for (var i = 0; i < count; i++)
        {
            for (var part = 0; part < size; part++)
                whole[i * size + part] = page[start + part * count + i];
        }
        return Numbers(whole, count, column.Type!.Value);
    }

    private static long[] Exactly(long[] values, int count) => values.Length == count ? values : throw TooEarly();

    private static InvalidDataException TooEarly() => new("a page's values end too early");
}
