using System.Text;
using Caravan.Data.Json;
using Caravan.Files;

namespace Caravan.Data.Tables;

/// <summary>
/// Comma-separated values (RFC 4180) with a header row, read as one JSON object of strings a row. Blank lines are
/// passed over; quoted fields may hold line breaks.
/// </summary>
internal static class CsvTable
{
    public static IEnumerable<JsonChunk> ReadChunks(Stream stream, string path)
    {
        using var text = new StreamReader(stream);
        using var chunk = new TableChunk();
        string[]? header = null;
        foreach (var (line, row) in Rows(text, path))
        {
            header ??= row;
            if (ReferenceEquals(header, row))
                continue;
            if (row.Length != header.Length)
            {
                throw new BadInputException(
                    $"{path}:{line}: the row has {row.Length} fields and the header {header.Length}. " +
                    "Is a quote missing?");
            }
            chunk.Add(new RecordOrigin(path, line), writer =>
            {
                writer.WriteStartObject();
                for (var i = 0; i < row.Length; i++)
                    writer.WriteString(header[i], row[i]);
                writer.WriteEndObject();
            });
            if (chunk.IsFull)
                yield return chunk.Take();
        }
        if (!chunk.IsEmpty)
            yield return chunk.Take();
    }

    /// <summary>Writes rows, the first of which is the header; fields are quoted where they must be.</summary>
    public static void Write(Stream stream, IEnumerable<IReadOnlyList<string>> rows)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\r\n" };
        foreach (var row in rows)
        {
            // A row of one empty field would be an empty line, which is no row.
            writer.WriteLine(string.Join(',', row.Select(field =>
                field.Length == 0 || field.AsSpan().IndexOfAny("\",\r\n") >= 0
                    ? $"\"{field.Replace("\"", "\"\"")}\"" : field)));
        }
    }

    private static IEnumerable<(long Line, string[] Fields)> Rows(StreamReader text, string path)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        long line = 1, start = 1;
        bool quoted = false, wasQuoted = false;
        while (text.Read() is >= 0 and var code)
        {
            var character = (char)code;
            if (character == '\n')
                line++;
            if (quoted)
            {
                if (character != '"')
                    field.Append(character);
                else if (text.Peek() == '"')
                    field.Append((char)text.Read());
                else
                    (quoted, wasQuoted) = (false, true);
            }
            else if (character == '"')
            {
                if (field.Length > 0 || wasQuoted)
                    throw new BadInputException($"{path}:{line}: a quote stands inside a field that is not quoted.");
                quoted = true;
            }
            else if (character == ',')
            {
                fields.Add(field.ToString());
                field.Clear();
                wasQuoted = false;
            }
            else if (character == '\n')
            {
                if (fields.Count > 0 || field.Length > 0 || wasQuoted)
                    yield return (start, [.. fields, field.ToString()]);
                fields.Clear();
                field.Clear();
                (start, wasQuoted) = (line, false);
            }
            else if (character != '\r' || text.Peek() != '\n')
                field.Append(character);
        }
        if (quoted)
            throw new BadInputException(
                $"{path}:{start}: the file ends inside a quoted field of the row that begins here.");
        if (fields.Count > 0 || field.Length > 0 || wasQuoted)
            yield return (start, [.. fields, field.ToString()]);
    }
}
