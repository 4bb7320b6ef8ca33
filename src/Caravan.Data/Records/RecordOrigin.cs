namespace Caravan.Data;

/// <summary>
/// Where a record stands, so that an error or a report can point at it. <paramref name="Line"/> is 1-based, the line
/// where the record begins; <paramref name="Element"/> is its 0-based index in a JSON array and null in JSON Lines. In
/// a Parquet file <paramref name="RowGroup"/> is set, and the line is the 0-based row in it.
/// </summary>
public readonly record struct RecordOrigin(string Path, long Line, long? Element = null, int? RowGroup = null)
{
    /// <summary>
    /// <c>path:line</c>, for arrays <c>path:line: element i</c>, for Parquet <c>path: row group g, row r</c>.
    /// </summary>
    public override string ToString() => (Element, RowGroup) switch
    {
        (_, { } group) => $"{Path}: row group {group}, row {Line}",
        ({ } index, _) => $"{Path}:{Line}: element {index}",
        _ => $"{Path}:{Line}",
    };
}
