using System.Globalization;
using System.Text;
using Caravan.Data.Json;
using Caravan.Files;
using ExcelDataReader;
using ExcelDataReader.Exceptions;

namespace Caravan.Data.Tables;

/// <summary>
/// The first worksheet of an Excel workbook (.xlsx), its first row being the header: one JSON object a row, blank cells
/// as null, numbers as numbers.
/// </summary>
internal static class XlsxTable
{
    // The reader asks for Windows' code page even where, as in .xlsx, it is not used.
    static XlsxTable() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static IEnumerable<JsonChunk> ReadChunks(Stream stream, string path)
    {
        using var reader = Open(stream, path);
        using var chunk = new TableChunk();
        if (!Next(reader, path))
            yield break;
        string[] header = [.. Enumerable.Range(
            0, reader.FieldCount).Select(i => Text(reader.GetValue(i)) ?? $"column {i + 1}")];
        for (var row = 2; Next(reader, path); row++)
        {
            object?[] cells = [.. Enumerable.Range(
                0, header.Length).Select(i => i < reader.FieldCount ? reader.GetValue(i) : null)];
            if (cells.All(cell => cell is null))
                continue;
            chunk.Add(new RecordOrigin($"{path}!{reader.Name}", row), writer =>
            {
                writer.WriteStartObject();
                for (var i = 0; i < cells.Length; i++)
                {
                    if (cells[i] is double number && double.IsFinite(number))
                        writer.WriteNumber(header[i], number);
                    else
                        writer.WriteString(header[i], Text(cells[i]));
                }
                writer.WriteEndObject();
            });
            if (chunk.IsFull)
                yield return chunk.Take();
        }
        if (!chunk.IsEmpty)
            yield return chunk.Take();
    }

    private static IExcelDataReader Open(Stream stream, string path)
    {
        try
        {
            return ExcelReaderFactory.CreateOpenXmlReader(stream);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw Damaged(path, exception);
        }
    }

    private static bool Next(IExcelDataReader reader, string path)
    {
        try
        {
            return reader.Read();
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw Damaged(path, exception);
        }
    }

    // The reader lets the exceptions of the zip and XML parsers below it through.
    private static bool IsDamage(Exception exception) => exception
        is ExcelReaderException or InvalidDataException or System.Xml.XmlException or FormatException
        or ArgumentException or InvalidOperationException or NullReferenceException or OverflowException or IOException
        or IndexOutOfRangeException or KeyNotFoundException;

    private static BadInputException Damaged(string path, Exception exception) =>
        new($"{path}: this is not a readable .xlsx workbook: {exception.Message}", exception);

    private static string? Text(object? cell) => cell switch
    {
        null => null,
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString(),
    };
}
