namespace Caravan.Data.Tables;

/// <summary>Spreadsheet cells as people name them.</summary>
internal static class CellAddress
{
    /// <summary>For example <c>B7</c> for column 1 (0-based) and row 7 (1-based).</summary>
    public static string Of(int column, long row)
    {
        var letters = "";
        for (var left = column; left >= 0; left = left / 26 - 1)
            letters = (char)('A' + left % 26) + letters;
        return $"{letters}{row}";
    }
}
