using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// Turns one word (a piece of normalized text between two boundaries) into token ids. Models are immutable and shared
/// by all threads; whatever changes while encoding lives in the <see cref="Workspace"/>.
/// </summary>
internal abstract class TokenModel
{
    /// <summary>Number of entries; an id may be missing below it only in damaged files.</summary>
    public abstract int VocabularySize { get; }

    public abstract int? TryGetId(string token);

    /// <summary>The token as the vocabulary writes it, or null if no entry has this id.</summary>
    public abstract string? GetToken(int id);

    /// <summary>
    /// Appends the ids of <paramref name="word"/> to the workspace's output, with lengths in UTF-8 bytes.
    /// </summary>
    public abstract void Encode(ReadOnlySpan<char> word, Workspace workspace);
}
