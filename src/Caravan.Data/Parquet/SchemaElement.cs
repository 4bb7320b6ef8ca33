namespace Caravan.Data.Parquet;

/// <summary>One line of the schema, which is stored as a tree in depth-first order.</summary>
internal sealed record SchemaElement(
    string Name, PhysicalType? Type, int TypeLength, Repetition Repetition, int Children, int? ConvertedType, int Scale)
{
    public static SchemaElement Read(ref ThriftReader reader)
    {
        var (name, type, length, repetition, children, converted, scale) = ("", (int?)null, 0, 0, 0, (int?)null, 0);
        var outer = reader.BeginStruct();
        while (reader.NextField(out var field, out var kind))
        {
            switch (field)
            {
                case 1 when kind == ThriftReader.Kind.Int32:
                    type = reader.Int32();
                    break;
                case 2 when kind == ThriftReader.Kind.Int32:
                    length = reader.Int32();
                    break;
                case 3 when kind == ThriftReader.Kind.Int32:
                    repetition = reader.Int32();
                    break;
                case 4 when kind == ThriftReader.Kind.Binary:
                    name = reader.Text();
                    break;
                case 5 when kind == ThriftReader.Kind.Int32:
                    children = reader.Int32();
                    break;
                case 6 when kind == ThriftReader.Kind.Int32:
                    converted = reader.Int32();
                    break;
                case 7 when kind == ThriftReader.Kind.Int32:
                    scale = reader.Int32();
                    break;
                default:
                    reader.Skip(kind);
                    break;
            }
        }
        reader.EndStruct(outer);
        if (type is < 0 or > 7 || repetition is < 0 or > 2 || scale is < 0 or > 1000)
            throw new InvalidDataException($"the schema's field \"{name}\" has impossible properties");
        return new SchemaElement(name, (PhysicalType?)type, length, (Repetition)repetition, children, converted, scale);
    }
}
