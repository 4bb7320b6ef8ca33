namespace Caravan.Text;

/// <summary>One problem of one record.</summary>
public sealed record PreflightProblem(string RecordId, PreflightProblemKind Kind, string Message);
