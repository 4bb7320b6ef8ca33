using System.Text;
using Caravan.Data.Json;

namespace Caravan.Data.Layouts;

/// <summary>A layout with the same columns in every record, which tables can hold as well.</summary>
internal sealed class TableLayout(
    string name, IReadOnlyList<LayoutColumn> columns, Func<InstructionRecord, IReadOnlyList<LayoutValue>> row)
    : RecordLayout(name)
{
    private readonly byte[][] _keys = [.. columns.Select((column, i) => Key(column.Name, i))];

    public IReadOnlyList<LayoutColumn> Columns { get; } = columns;

    /// <summary>True if every column is text.</summary>
    public bool IsFlat => Columns.All(column => column.Fields is null);

    /// <summary>A value for each column.</summary>
    public IReadOnlyList<LayoutValue> Row(InstructionRecord record) => row(record);

    public override void Append(JsonLine json, InstructionRecord record)
    {
        var values = Row(record);
        json.Raw("{"u8);
        for (var i = 0; i < values.Count; i++)
        {
            json.Raw(_keys[i]);
            if (values[i].Items is { } items)
                Append(json, Columns[i].Fields!, items);
            else
                json.Text(values[i].Text);
        }
        if (Name == Messages && record.OtherKeys is { } others)
            json.Raw(", "u8).Quoted(Encoding.UTF8.GetBytes(others));
        json.Raw("}"u8);
    }

    private static void Append(JsonLine json, IReadOnlyList<string> fields, IReadOnlyList<string[]> items)
    {
        json.Raw("["u8);
        for (var i = 0; i < items.Count; i++)
        {
            json.Raw(i == 0 ? "{"u8 : ", {"u8);
            for (var field = 0; field < fields.Count; field++)
                json.Raw(Key(fields[field], field)).Text(items[i][field]);
            json.Raw("}"u8);
        }
        json.Raw("]"u8);
    }

    private static byte[] Key(string name, int index) =>
        Encoding.UTF8.GetBytes($"{(index == 0 ? "" : ", ")}\"{name}\": ");
}
