using Caravan.Files;

namespace Caravan.Data;

/// <summary>
/// One record of a dataset is unusable. The message is <c>path:line: key: problem (dataset …, id …) [code]</c>; the
/// codes are those of <see cref="RecordFault"/>.
/// </summary>
public sealed class RecordException(
    string code, RecordOrigin origin, string problem, string? dataset = null, string? id = null)
    : BadInputException($"{origin}: {problem}{Name(dataset, id)} [{code}]")
{
    /// <summary>The fault's code, for counting.</summary>
    public string Code { get; } = code;

    /// <summary>The record that has the fault.</summary>
    public RecordOrigin Origin { get; } = origin;

    private static string Name(string? dataset, string? id) => (dataset, id) switch
    {
        (null, null) => "",
        (null, _) => $" (id {id})",
        (_, null) => $" (dataset {dataset})",
        _ => $" (dataset {dataset}, id {id})",
    };
}
