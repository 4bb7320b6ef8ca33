using System.IO.Compression;
using System.Security;

namespace Caravan.Data.Tests;

/// <summary>
/// The smallest .xlsx that spreadsheets write: text cells as shared strings, one of them in two runs.
/// </summary>
public static class Spreadsheet
{
    public static void Write(string path, object?[][] rows)
    {
        File.Delete(path);
        var strings = new List<string>();
        var sheet = string.Concat(rows.Select((row,
            r) => $"<row r=\"{r + 1}\">{string.Concat(row.Select((cell, c) => Cell(cell, r, c, strings)))}</row>"));
        const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        Add(zip, "[Content_Types].xml", """
            <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
              <Default Extension="xml" ContentType="application/xml"/>
              <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
              <Override PartName="/xl/workbook.xml"
                ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
            </Types>
            """);
        Add(zip, "_rels/.rels", $"""
            <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
              <Relationship Id="r1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/>
            </Relationships>
            """);
        Add(zip, "xl/workbook.xml", $"""
            <workbook xmlns="{Main}" xmlns:r="{Relations}">
              <sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets>
            </workbook>
            """);
        Add(zip, "xl/_rels/workbook.xml.rels", $"""
            <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
              <Relationship Id="r1" Type="{Relations}/worksheet" Target="worksheets/sheet1.xml"/>
              <Relationship Id="r2" Type="{Relations}/sharedStrings" Target="sharedStrings.xml"/>
            </Relationships>
            """);
        Add(zip, "xl/worksheets/sheet1.xml",
            $"""<worksheet xmlns="{Main}"><sheetData>{sheet}</sheetData></worksheet>""");
        Add(zip, "xl/sharedStrings.xml", $"""<sst xmlns="{Main}">{string.Concat(strings)}</sst>""");
    }

    private static string Cell(object? cell, int row, int column, List<string> strings)
    {
        var address = $"{(char)('A' + column)}{row + 1}";
        switch (cell)
        {
            case null:
                return "";
            case string text:
                var half = text.Length / 2;
                static string Run(string part) =>
                    $"<r><t xml:space=\"preserve\">{SecurityElement.Escape(part)}</t></r>";
                strings.Add($"<si>{Run(text[..half])}{Run(text[half..])}</si>");
                return $"<c r=\"{address}\" t=\"s\"><v>{strings.Count - 1}</v></c>";
            default:
                return $"<c r=\"{address}\"><v>{cell}</v></c>";
        }
    }

    private static void Add(ZipArchive zip, string name, string text)
    {
        using var writer = new StreamWriter(zip.CreateEntry(name).Open());
        writer.Write("""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>""" + text);
    }
}
