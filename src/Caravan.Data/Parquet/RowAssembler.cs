using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Caravan.Data.Parquet;

/// <summary>
/// Puts a row together from its columns' entries by their levels (Dremel): what is absent becomes null, a list with
/// nothing in it an empty one. Byte strings become text, timestamps of the old kind ISO text.
/// </summary>
internal sealed class RowAssembler(SchemaNode schema, ColumnCursor[] cursors)
{
    private const long JulianDayOfUnixEpoch = 2_440_588;

    /// <summary>Writes the next row as an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        WriteFields(schema, json);
        foreach (var cursor in cursors)
        {
            if (cursor.HasEntry && cursor.Repetition != 0)
                throw new InvalidDataException($"column \"{cursor.Column.Name}\" has more entries than the row");
        }
    }

    private void WriteFields(SchemaNode group, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var child in group.Children)
        {
            json.WritePropertyName(child.Name);
            WriteField(child, json);
        }
        json.WriteEndObject();
    }

    private void WriteField(SchemaNode node, Utf8JsonWriter json)
    {
        if (node.Repetition == Repetition.Repeated)
            WriteElements(node, wrapped: false, json);
        else if (node.Repetition == Repetition.Optional && First(node).Definition < node.Definition)
        {
            Skip(node);
            json.WriteNullValue();
        }
        else if (node.Repeated is { } repeated)
            WriteElements(repeated, repeated.WrapsElement, json);
        else if (node.Children.Count > 0)
            WriteFields(node, json);
        else
            WriteValue(cursors[node.Column], json);
    }

    private void WriteElements(SchemaNode repeated, bool wrapped, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        var first = First(repeated);
        if (first.Definition < repeated.Definition)
            Skip(repeated);
        else
        {
            do
            {
                if (wrapped)
                    WriteField(repeated.Children[0], json);
                else if (repeated.Children.Count > 0)
                    WriteFields(repeated, json);
                else
                    WriteValue(first, json);
            }
            while (first.HasEntry && first.Repetition == repeated.RepetitionLevel);
        }
        json.WriteEndArray();
    }

    private ColumnCursor First(SchemaNode node)
    {
        var cursor = cursors[node.FirstColumn];
        return cursor.HasEntry
            ? cursor : throw new InvalidDataException($"column \"{cursor.Column.Name}\" ends too early");
    }

    private void Skip(SchemaNode node)
    {
        if (node.Children.Count == 0)
            cursors[node.Column].Advance();
        foreach (var child in node.Children)
            Skip(child);
    }

    private static void WriteValue(ColumnCursor cursor, Utf8JsonWriter json)
    {
        var column = cursor.Column;
        if (!cursor.HasEntry || !cursor.HasValue)
            throw new InvalidDataException($"column \"{column.Name}\" lacks a value");
        if (column.Type == PhysicalType.Boolean)
            json.WriteBooleanValue(cursor.Integer != 0);
        else if (cursor.IsInteger && column.IsDecimal)
            json.WriteStringValue(Decimal(cursor.Integer, column.Scale));
        else if (cursor.IsInteger)
            json.WriteNumberValue(cursor.Integer);
        else if (cursor.IsReal && double.IsFinite(cursor.Real))
            json.WriteNumberValue(cursor.Real);
        else if (cursor.IsReal)
            json.WriteStringValue(cursor.Real.ToString(CultureInfo.InvariantCulture));
        else if (column.IsDecimal)
            json.WriteStringValue(Decimal(new BigInteger(cursor.Bytes, isBigEndian: true), column.Scale));
        else if (column.Type == PhysicalType.Int96)
            json.WriteStringValue(Timestamp(cursor.Bytes));
        else if (Utf8.IsValid(cursor.Bytes))
            json.WriteStringValue(cursor.Bytes);
        else
            json.WriteStringValue(Encoding.UTF8.GetString(cursor.Bytes));
        cursor.Advance();
    }

    private static string Decimal(BigInteger unscaled, int scale)
    {
        var digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var sign = unscaled.Sign < 0 ? "-" : "";
        return scale == 0 ? sign + digits : $"{sign}{digits[..^scale]}.{digits[^scale..]}";
    }

    // Nanoseconds of the day and the Julian day number.
    private static string Timestamp(ReadOnlySpan<byte> bytes)
    {
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(bytes) / 100;
        var days = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - JulianDayOfUnixEpoch;
        var time = DateTime.UnixEpoch.AddDays(days).AddTicks(ticks);
        return time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
    }
}
