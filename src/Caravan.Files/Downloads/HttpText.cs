namespace Caravan.Files.Downloads;

/// <summary>An answer that is text.</summary>
/// <param name="Next">The address of the next page, by the answer's Link header; null on the last.</param>
public sealed record HttpText(string Text, string? Next);
