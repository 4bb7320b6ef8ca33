using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// Byte-pair encoding (Sennrich et al., 2016): a word starts as single symbols and merges by rank. Subclasses say what
/// the first symbols are and what becomes of symbols that are no tokens.
/// </summary>
internal abstract class BpeModel : TokenModel
{
    private readonly int[] _byteLengths;

    /// <param name="byteLengths">Bytes that each id stands for; -1 where that depends on the text (unknown).</param>
    protected BpeModel(Vocabulary vocabulary, MergeTable merges, int[] byteLengths)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        _byteLengths = byteLengths;
    }

    public sealed override int VocabularySize => Vocabulary.Size;

    protected Vocabulary Vocabulary { get; }

    protected MergeTable Merges { get; }

    public override int? TryGetId(string token) => Vocabulary.Find(token);

    public override string? GetToken(int id) => Vocabulary.TokenOf(id);

    public sealed override void Encode(ReadOnlySpan<char> word, Workspace workspace)
    {
        var output = workspace.Output;
        if (workspace.Cache.TryAppend(word, output, _byteLengths))
            return;
        var (first, unknowns) = (output.Count, output.Unknowns);
        if (!TryEncodeWhole(word, output))
        {
            var merge = workspace.Merge;
            merge.Clear();
            Split(word, merge);
            merge.MergeAll(Merges);
            Emit(word, merge, output);
        }
        // What becomes of an unknown character depends on the one before it, in another word.
        if (output.Unknowns != unknowns)
            return;
        var ids = output.Ids[first..];
        foreach (var id in ids)
        {
            if (_byteLengths[id] < 0)
                return;
        }
        workspace.Cache.Store(word, ids);
    }

    /// <summary>Puts the first symbols of a word into <paramref name="merge"/>.</summary>
    protected abstract void Split(ReadOnlySpan<char> word, MergeBuffer merge);

    /// <summary>For models that take a word that is a token as it is, without merging.</summary>
    protected virtual bool TryEncodeWhole(ReadOnlySpan<char> word, TokenOutput output) => false;

    /// <summary>Writes the merged symbols as ids.</summary>
    protected virtual void Emit(ReadOnlySpan<char> word, MergeBuffer merge, TokenOutput output)
    {
        for (var i = 0; i < merge.Count; i++)
            output.Add(merge.Symbols[i], merge.ByteLengths[i]);
    }

    /// <summary>The first character of <paramref name="text"/>; a lone surrogate counts as U+FFFD.</summary>
    /// <returns>How many UTF-16 and UTF-8 units it takes.</returns>
    protected static (int Chars, int Bytes) NextCharacter(ReadOnlySpan<char> text)
    {
        var c = text[0];
        if (c < 0x80)
            return (1, 1);
        if (c < 0x800)
            return (1, 2);
        var isPair = char.IsHighSurrogate(c) && text.Length > 1 && char.IsLowSurrogate(text[1]);
        return isPair ? (2, 4) : (1, 3);
    }
}
