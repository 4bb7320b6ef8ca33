namespace Caravan.Training.Configuration;

/// <summary>Another program's configuration in our keys.</summary>
/// <param name="Values">Keys in snake_case, their texts, and where each stands: file:line:column.</param>
/// <param name="Problems">What could not be converted, each with its place.</param>
public sealed record ConvertedConfiguration(
    IReadOnlyList<(string Key, string Text, string Place)> Values, IReadOnlyList<string> Problems);
