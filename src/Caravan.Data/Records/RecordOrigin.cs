namespace Caravan.Data;

/// <summary>
/// Where a record stands, so that an error or a report can point at it. <paramref name="Line"/> is 1-based, the line
/// where the record begins; <paramref name="Element"/> is its 0-based index in a JSON array and null in JSON Lines.
/// </summary>
public readonly record struct RecordOrigin(string Path, long Line, long? Element = null)
{
    /// <summary><c>path:line</c>, and for arrays <c>path:line: element i</c>.</summary>
    public override string ToString() => Element is { } index ? $"{Path}:{Line}: element {index}" : $"{Path}:{Line}";
}
