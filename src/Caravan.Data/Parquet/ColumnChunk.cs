namespace Caravan.Data.Parquet;

/// <summary>Where a column of a row group is in the file, and how it is stored.</summary>
internal sealed record ColumnChunk(PhysicalType Type, CompressionCodec Codec, long Values, long Offset, long Bytes)
{
    public static ColumnChunk Read(ref ThriftReader reader)
    {
        ColumnChunk? chunk = null;
        var elsewhere = false;
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            elsewhere |= field == 1;
            if (field == 3 && kind == ThriftReader.Kind.Struct)
                chunk = ReadMetadata(ref reader);
            else
                reader.Skip(kind);
        }
        reader.EndStruct(outer);
        if (elsewhere)
            throw new InvalidDataException("a column's data is in another file");
        return chunk ?? throw new InvalidDataException("a column has no metadata; is the file encrypted?");
    }

    private static ColumnChunk ReadMetadata(ref ThriftReader reader)
    {
        var (type, codec, values, bytes, data, dictionary) = (0, 0, 0L, 0L, 0L, 0L);
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field)
            {
                case 1 when kind == ThriftReader.Kind.Int32:
                    type = reader.Int32();
                    break;
                case 4 when kind == ThriftReader.Kind.Int32:
                    codec = reader.Int32();
                    break;
                case 5 when kind == ThriftReader.Kind.Int64:
                    values = reader.Int64();
                    break;
                case 7 when kind == ThriftReader.Kind.Int64:
                    bytes = reader.Int64();
                    break;
                case 9 when kind == ThriftReader.Kind.Int64:
                    data = reader.Int64();
                    break;
                case 11 when kind == ThriftReader.Kind.Int64:
                    dictionary = reader.Int64();
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        reader.EndStruct(outer);
        if (type is < 0 or > 7 || values < 0 || bytes < 0 || data < 0 || dictionary < 0)
            throw new InvalidDataException("a column has impossible properties");
        var start = dictionary > 0 ? Math.Min(dictionary, data) : data;
        return new ColumnChunk((PhysicalType)type, (CompressionCodec)codec, values, start, bytes);
    }
}
