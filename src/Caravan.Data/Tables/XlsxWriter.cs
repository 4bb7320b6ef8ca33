using System.IO.Compression;
using System.Text;
using System.Xml;
using Caravan.Files;

namespace Caravan.Data.Tables;

/// <summary>
/// Writes an Excel workbook (.xlsx) of one worksheet with text in all cells: a zip archive of the four XML parts that
/// such a workbook needs (ECMA-376, with the texts in the cells).
/// </summary>
internal static class XlsxWriter
{
    // What Excel itself can hold.
    private const int MostRows = 1_048_576;
    private const int LongestText = 32_767;
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Package = "http://schemas.openxmlformats.org/package/2006";
    private const string Types = "application/vnd.openxmlformats-officedocument.spreadsheetml";

    /// <summary>Writes the rows, the first of which is the header.</summary>
    /// <exception cref="BadInputException">There is more than a worksheet can hold.</exception>
    public static void Write(Stream stream, IEnumerable<IReadOnlyList<string>> rows)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add(zip, "[Content_Types].xml", $"""
            <Types xmlns="{Package}/content-types">
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{Types}.sheet.main+xml"/>
            <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{Types}.worksheet+xml"/>
            </Types>
            """);
        Add(zip, "_rels/.rels", $"""
            <Relationships xmlns="{Package}/relationships">
            <Relationship Id="r1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/>
            </Relationships>
            """);
        Add(zip, "xl/workbook.xml", $"""
            <workbook xmlns="{Main}" xmlns:r="{Relations}">
            <sheets><sheet name="Records" sheetId="1" r:id="r1"/></sheets>
            </workbook>
            """);
        Add(zip, "xl/_rels/workbook.xml.rels", $"""
            <Relationships xmlns="{Package}/relationships">
            <Relationship Id="r1" Type="{Relations}/worksheet" Target="worksheets/sheet1.xml"/>
            </Relationships>
            """);
        using var sheet = zip.CreateEntry("xl/worksheets/sheet1.xml").Open();
        using var xml = XmlWriter.Create(sheet, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(false),
            NewLineHandling = NewLineHandling.None,
        });
        xml.WriteStartElement("worksheet", Main);
        xml.WriteStartElement("sheetData");
        var number = 1;
        foreach (var row in rows)
            WriteRow(xml, row, number++);
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void WriteRow(XmlWriter xml, IReadOnlyList<string> row, int number)
    {
        if (number > MostRows)
            throw new BadInputException($"A worksheet holds {MostRows} rows; write .csv or .jsonl.");
        xml.WriteStartElement("row");
        xml.WriteAttributeString("r", $"{number}");
        for (var column = 0; column < row.Count; column++)
        {
            var address = CellAddress.Of(column, number);
            if (row[column].Length > LongestText)
            {
                throw new BadInputException(
                    $"Cell {address}: a cell holds {LongestText} characters; write .csv or .jsonl.");
            }
            if (row[column].Length == 0)
                continue;
            xml.WriteStartElement("c");
            xml.WriteAttributeString("r", address);
            xml.WriteAttributeString("t", "inlineStr");
            xml.WriteStartElement("is");
            xml.WriteStartElement("t");
            xml.WriteAttributeString("xml", "space", null, "preserve");
            xml.WriteString(Storable(row[column], address));
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    // XML has no control characters, and would change carriage returns.
    private static string Storable(string text, string address)
    {
        var index = text.AsSpan().IndexOfAnyInRange('\0', '\u001F');
        for (; index >= 0 && index < text.Length; index++)
        {
            if (text[index] is < ' ' and not ('\n' or '\t'))
            {
                throw new BadInputException(
                    $"Cell {address}: a worksheet cannot hold the character U+{(int)text[index]:X4}; " +
                    "write .csv or .jsonl.");
            }
        }
        return text;
    }

    private static void Add(ZipArchive zip, string name, string xml)
    {
        using var writer = new StreamWriter(zip.CreateEntry(name).Open());
        writer.Write($"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{"\n"}{xml}""");
    }
}
