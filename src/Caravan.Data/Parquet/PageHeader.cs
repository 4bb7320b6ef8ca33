namespace Caravan.Data.Parquet;

/// <summary>What stands before each page.</summary>
internal sealed record PageHeader
{
    private const int DataPageV1 = 0;
    private const int DictionaryPage = 2;
    private const int DataPageV2 = 3;

    public int Uncompressed { get; private set; }

    public int Compressed { get; private set; }

    public int? Checksum { get; private set; }

    public int Values { get; private set; }

    public ParquetEncoding Encoding { get; private set; }

    public bool IsDictionary { get; private set; }

    public bool IsData { get; private set; }

    public bool IsVersion2 { get; private set; }

    public ParquetEncoding DefinitionEncoding { get; private set; } = ParquetEncoding.Rle;

    public ParquetEncoding RepetitionEncoding { get; private set; } = ParquetEncoding.Rle;

    /// <summary>Of a version 2 page: the bytes of its levels, which are never compressed.</summary>
    public int DefinitionBytes { get; private set; }

    public int RepetitionBytes { get; private set; }

    public bool IsCompressed { get; private set; } = true;

    public static PageHeader Read(ref ThriftReader reader)
    {
        var header = new PageHeader();
        var type = -1;
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field)
            {
                case 1 when kind == ThriftReader.Kind.Int32:
                    type = reader.Int32();
                    break;
                case 2 when kind == ThriftReader.Kind.Int32:
                    header.Uncompressed = reader.Int32();
                    break;
                case 3 when kind == ThriftReader.Kind.Int32:
                    header.Compressed = reader.Int32();
                    break;
                case 4 when kind == ThriftReader.Kind.Int32:
                    header.Checksum = reader.Int32();
                    break;
                case 5 or 7 or 8 when kind == ThriftReader.Kind.Struct:
                    header.ReadDetails(ref reader, field == 8);
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        reader.EndStruct(outer);
        header.IsDictionary = type == DictionaryPage;
        header.IsVersion2 = type == DataPageV2;
        header.IsData = type is DataPageV1 or DataPageV2;
        if (header.Uncompressed < 0 || header.Compressed < 0 || header.Values < 0 || header.DefinitionBytes < 0 ||
            header.RepetitionBytes < 0)
        {
            throw new InvalidDataException("a page has a negative size");
        }
        return header;
    }

    private void ReadDetails(ref ThriftReader reader, bool version2)
    {
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field, version2)
            {
                case (1, _) when kind == ThriftReader.Kind.Int32:
                    Values = reader.Int32();
                    break;
                case (2, false) or (4, true) when kind == ThriftReader.Kind.Int32:
                    Encoding = (ParquetEncoding)reader.Int32();
                    break;
                case (3, false) when kind == ThriftReader.Kind.Int32:
                    DefinitionEncoding = (ParquetEncoding)reader.Int32();
                    break;
                case (4, false) when kind == ThriftReader.Kind.Int32:
                    RepetitionEncoding = (ParquetEncoding)reader.Int32();
                    break;
                case (5, true) when kind == ThriftReader.Kind.Int32:
                    DefinitionBytes = reader.Int32();
                    break;
                case (6, true) when kind == ThriftReader.Kind.Int32:
                    RepetitionBytes = reader.Int32();
                    break;
                case (7, true):
                    IsCompressed = kind == ThriftReader.Kind.True;
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        reader.EndStruct(outer);
    }
}
