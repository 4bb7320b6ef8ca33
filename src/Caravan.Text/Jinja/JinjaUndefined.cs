namespace Caravan.Text.Jinja;

/// <summary>What a name that was never set stands for: prints as nothing, is false, is an empty list.</summary>
internal sealed record JinjaUndefined(string Name);
