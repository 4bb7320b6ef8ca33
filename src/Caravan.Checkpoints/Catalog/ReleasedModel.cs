namespace Caravan.Checkpoints;

/// <summary>A checkpoint that its authors have put on the hub.</summary>
/// <param name="Id">Its repository: <c>owner/name</c>.</param>
/// <param name="Family">The project that it belongs to.</param>
/// <param name="Size">Parameters, as its authors write them: <c>7B</c>.</param>
/// <param name="Base">What it was trained from: a name, or a repository on the hub; null if from nothing.</param>
/// <param name="Data">What it was trained on.</param>
/// <param name="Licence">The licences that bind it, by name.</param>
/// <param name="Terms">What they say about use.</param>
public sealed record ReleasedModel(
    string Id, string Family, string Size, ReleaseKind Kind, string? Base, string Data, string Licence, string Terms)
{
    /// <summary>The repository's folder that holds the weights; null where that is the repository itself.</summary>
    public string? Folder { get; init; }

    /// <summary>The repository's name without its owner.</summary>
    public string Name => Id[(Id.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
