using System.Text;
using Caravan.Text.Pipeline;
using Caravan.Text.SentencePiece;

namespace Caravan.Text.Models;

/// <summary>
/// The unigram language model (Kudo, 2018): of all ways to cut a word into pieces the one with the highest sum of log
/// probabilities, found by dynamic programming. A character that no piece covers is unknown, or becomes bytes.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    /// <summary>How much less likely than the least likely piece an unknown character is.</summary>
    private const float UnknownPenalty = 10;

    private readonly Vocabulary _vocabulary;
    private readonly UnigramPiece[] _pieces;
    private readonly PieceTrie _trie = new();
    private readonly int? _unknownId;
    private readonly int[]? _byteIds;
    private readonly float _unknownScore;
    private readonly float _bestScore;

    public UnigramModel(Vocabulary vocabulary, UnigramPiece[] pieces, int? unknownId, bool byteFallback)
    {
        (_vocabulary, _pieces, _unknownId) = (vocabulary, pieces, unknownId);
        _byteIds = byteFallback ? BytePieces.IdsIn(vocabulary) : null;
        var scored = pieces.Where(piece => piece.IsMatched && !piece.IsUserDefined).Select(piece => (float)piece.Score);
        _unknownScore = scored.DefaultIfEmpty().Min() - UnknownPenalty;
        _bestScore = scored.DefaultIfEmpty().Max();
        for (var id = 0; id < pieces.Length; id++)
        {
            if (pieces[id].IsMatched && pieces[id].Text.Length > 0)
                _trie.Add(pieces[id].Text, id);
        }
    }

    public override int VocabularySize => _vocabulary.Size;

    public override int? TryGetId(string token) => _vocabulary.Find(token);

    public override string? GetToken(int id) => _vocabulary.TokenOf(id);

    public override void Encode(ReadOnlySpan<char> word, Workspace workspace)
    {
        var best = workspace.Lattice(word.Length + 1);
        best.Fill(new LatticeNode(PieceTrie.None, PieceTrie.None, 0));
        for (var start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out _, out var characterLength);
            ExtendFrom(word, start, characterLength, best);
            start += characterLength;
        }

        // The path is found from its end; the nodes' links are turned round to write it from its start.
        var next = word.Length;
        for (var end = word.Length; end > 0;)
        {
            var node = best[end];
            best[end] = node with { Start = next };
            next = end;
            end = node.Start;
        }
        for (var start = 0; start < word.Length;)
        {
            var end = next;
            Write(best[end].Id, word[start..end], workspace.Output);
            (start, next) = (end, best[end].Start);
        }
    }

    /// <summary>Offers every piece that begins at <paramref name="start"/> to the node where it ends.</summary>
    private void ExtendFrom(ReadOnlySpan<char> word, int start, int characterLength, Span<LatticeNode> best)
    {
        var scoreBefore = best[start].Score;
        var coversCharacter = false;
        var trieNode = PieceTrie.Root;
        for (var end = start; end < word.Length;)
        {
            trieNode = _trie.Next(trieNode, word[end]);
            end++;
            if (trieNode == PieceTrie.None)
                break;
            var id = _trie.IdAt(trieNode);
            if (id == PieceTrie.None)
                continue;
            var score = _pieces[id].IsUserDefined
                ? (float)((Encoding.UTF8.GetByteCount(word[start..end]) * _bestScore) - 0.1)
                : (float)_pieces[id].Score;
            Offer(ref best[end], start, id, score + scoreBefore);
            coversCharacter |= end - start == characterLength;
        }
        if (!coversCharacter)
            Offer(ref best[start + characterLength], start, PieceTrie.None, _unknownScore + scoreBefore);
    }

    private static void Offer(ref LatticeNode node, int start, int id, float score)
    {
        if (node.Start == PieceTrie.None || score > node.Score)
            node = new LatticeNode(start, id, score);
    }

    private void Write(int id, ReadOnlySpan<char> text, TokenOutput output)
    {
        if (id != PieceTrie.None)
        {
            output.Add(id, Encoding.UTF8.GetByteCount(text));
            return;
        }
        Rune.DecodeFromUtf16(text, out var rune, out _);
        if (_byteIds is not null)
        {
            Span<byte> bytes = stackalloc byte[4];
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                output.Add(_byteIds[value], 1);
        }
        else if (_unknownId is { } unknown)
        {
            output.AddUnknown(unknown, rune.Utf8SequenceLength);
        }
    }
}
