using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// WordPiece (BERT): from the left always the longest piece that fits; pieces inside a word carry a prefix ("##"). A
/// word that cannot be covered, or is too long, is unknown as a whole.
/// </summary>
internal sealed class WordPieceModel(Vocabulary vocabulary, int unknownId, string continuingPrefix, int maxCharacters)
    : TokenModel
{
    public override int VocabularySize => vocabulary.Size;

    public override int? TryGetId(string token) => vocabulary.Find(token);

    public override string? GetToken(int id) => vocabulary.TokenOf(id);

    public override void Encode(ReadOnlySpan<char> word, Workspace workspace)
    {
        var output = workspace.Output;
        var pieces = workspace.Merge;
        pieces.Clear();
        if (CharacterCount(word) > maxCharacters || !TrySplit(word, pieces))
        {
            output.Add(unknownId, Encoding.UTF8.GetByteCount(word));
            return;
        }
        for (var i = 0; i < pieces.Count; i++)
            output.Add(pieces.Symbols[i], pieces.ByteLengths[i]);
    }

    private bool TrySplit(ReadOnlySpan<char> word, MergeBuffer pieces)
    {
        Span<char> prefixed = new char[continuingPrefix.Length + word.Length];
        continuingPrefix.CopyTo(prefixed);
        var start = 0;
        while (start < word.Length)
        {
            var end = word.Length;
            var id = 0;
            for (; end > start; end--)
            {
                var part = word[start..end];
                if (start > 0)
                {
                    part.CopyTo(prefixed[continuingPrefix.Length..]);
                    part = prefixed[..(continuingPrefix.Length + part.Length)];
                }
                if (vocabulary.TryFind(part, out id))
                    break;
            }
            if (end == start)
                return false;
            pieces.Add(id, Encoding.UTF8.GetByteCount(word[start..end]));
            start = end;
        }
        return true;
    }

    private static int CharacterCount(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes())
            count++;
        return count;
    }
}
