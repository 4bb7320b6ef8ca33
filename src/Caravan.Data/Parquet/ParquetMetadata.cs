namespace Caravan.Data.Parquet;

/// <summary>A file's footer: its schema and where its columns are.</summary>
internal sealed record ParquetMetadata(
    SchemaNode Schema, IReadOnlyList<SchemaNode> Leaves, IReadOnlyList<RowGroup> RowGroups)
{
    /// <summary>Parses the footer.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetMetadata Parse(ReadOnlySpan<byte> footer)
    {
        var reader = new ThriftReader(footer);
        List<SchemaElement> elements = [];
        List<RowGroup> groups = [];
        reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field)
            {
                case 2 when kind == ThriftReader.Kind.List:
                    for (var left = reader.ListLength(out _); left > 0; left--)
                        elements.Add(SchemaElement.Read(ref reader));
                    break;
                case 4 when kind == ThriftReader.Kind.List:
                    for (var left = reader.ListLength(out _); left > 0; left--)
                        groups.Add(RowGroup.Read(ref reader));
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        var schema = SchemaNode.Build(elements);
        List<SchemaNode> leaves = [.. schema.Leaves()];
        foreach (var group in groups)
        {
            if (group.Columns.Count != leaves.Count)
            {
                throw new InvalidDataException(
                    $"a row group has {group.Columns.Count} columns and the schema {leaves.Count}");
            }
        }
        return new ParquetMetadata(schema, leaves, groups);
    }
}
