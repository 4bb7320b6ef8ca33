namespace Caravan.Data.Mixtures;

/// <summary>One source of a mixture: a dataset of the catalogue with its options, or a file of records.</summary>
/// <param name="Name">The dataset's slug, or the file's name in the mixture.</param>
/// <param name="File">The file; null for a dataset.</param>
/// <param name="Amount">How much of it is taken.</param>
/// <param name="Options">The dataset's options that differ from their defaults.</param>
public sealed record MixturePart(
    string Name, string? File, MixtureAmount Amount, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>What its records are to state as their <c>source</c>; null to leave that as it is.</summary>
    public string? Source { get; init; }
}
