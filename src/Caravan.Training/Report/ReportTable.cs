namespace Caravan.Training.Report;

/// <summary>A table whose first column names the rows and whose other columns hold numbers.</summary>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
