namespace Caravan.Text.Pipeline;

/// <summary>The tokens that have a role, by their text.</summary>
internal sealed record SpecialTokens(string? Bos, string? Eos, string? Pad, string? Unknown);
