namespace Caravan.Data.Parquet;

/// <summary>A horizontal slice of the table.</summary>
internal sealed record RowGroup(IReadOnlyList<ColumnChunk> Columns, long Rows)
{
    public static RowGroup Read(ref ThriftReader reader)
    {
        List<ColumnChunk> columns = [];
        long rows = 0;
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field)
            {
                case 1 when kind == ThriftReader.Kind.List:
                    for (var left = reader.ListLength(out _); left > 0; left--)
                        columns.Add(ColumnChunk.Read(ref reader));
                    break;
                case 3 when kind == ThriftReader.Kind.Int64:
                    rows = reader.Int64();
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        reader.EndStruct(outer);
        return rows >= 0
            ? new RowGroup(columns, rows) : throw new InvalidDataException("a row group has fewer than no rows");
    }
}
