using System.Text;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// BPE as SentencePiece does it (LLaMA, Mistral): symbols are characters, two neighbours merge when their
/// concatenation is a piece, the piece's score is the rank, and a character that is no piece becomes its UTF-8 bytes
/// (byte fallback) or the unknown token, of which a run counts as one.
/// </summary>
internal sealed class SentencePieceBpeModel : BpeModel
{
    private const int NotInAnyPiece = int.MinValue;

    private readonly Dictionary<int, int> _symbolOfRune;
    private readonly int[]? _byteIds;
    private readonly int _unknownId;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>>? _userDefined;

    public SentencePieceBpeModel(SentencePieceModel model, Vocabulary vocabulary)
        : this(model, vocabulary, SymbolsOf(model))
    {
    }

    private SentencePieceBpeModel(SentencePieceModel model, Vocabulary vocabulary, Symbols symbols)
        : base(vocabulary, symbols.Merges, BytePieces.LengthsOf(model))
    {
        _symbolOfRune = symbols.OfRune;
        _unknownId = model.UnknownId;
        _byteIds = model.ByteFallback ? BytePieces.IdsIn(vocabulary) : null;
        var userDefined = model.Pieces.Where(p =>
            p.Type == SentencePieceType.UserDefined).Select(p => p.Text).ToHashSet();
        if (userDefined.Count > 0)
            _userDefined = userDefined.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    protected override bool TryEncodeWhole(ReadOnlySpan<char> word, TokenOutput output)
    {
        // The splitter has made each user-defined piece a word of its own.
        if (_userDefined is not { } userDefined || !userDefined.Contains(word) || !Vocabulary.TryFind(word, out var id))
            return false;
        output.Add(id, Encoding.UTF8.GetByteCount(word));
        return true;
    }

    protected override void Split(ReadOnlySpan<char> word, MergeBuffer merge)
    {
        while (word.Length > 0)
        {
            Rune.DecodeFromUtf16(word, out var rune, out var consumed);
            merge.Add(_symbolOfRune.GetValueOrDefault(rune.Value, NotInAnyPiece), rune.Utf8SequenceLength);
            word = word[consumed..];
        }
    }

    protected override void Emit(ReadOnlySpan<char> word, MergeBuffer merge, TokenOutput output)
    {
        var symbols = merge.Symbols;
        var lengths = merge.ByteLengths;
        for (var i = 0; i < symbols.Length; i++)
        {
            var (chars, remaining) = (0, lengths[i]);
            while (remaining > 0)
            {
                var next = NextCharacter(word[chars..]);
                chars += next.Chars;
                remaining -= next.Bytes;
            }
            if ((uint)symbols[i] < (uint)VocabularySize)
                output.Add(symbols[i], lengths[i]);
            else
                EmitUnknown(word[..chars], output);
            word = word[chars..];
        }
    }

    private void EmitUnknown(ReadOnlySpan<char> character, TokenOutput output)
    {
        Rune.DecodeFromUtf16(character, out var rune, out _);
        if (_byteIds is null)
        {
            output.AddUnknown(_unknownId, rune.Utf8SequenceLength);
            return;
        }
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            output.Add(_byteIds[value], 1);
    }

    /// <summary>
    /// Characters and pieces as symbols: a piece's symbol is its id; a character that occurs in pieces without being
    /// one gets a symbol above all ids, since it can still merge into a piece.
    /// </summary>
    private static Symbols SymbolsOf(SentencePieceModel model)
    {
        var ids = new Dictionary<string, int>(model.Pieces.Count);
        var symbolOfRune = new Dictionary<int, int>();
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            var piece = model.Pieces[id];
            if (piece.Type is not (SentencePieceType.Normal or SentencePieceType.Unused))
                continue;
            ids[piece.Text] = id;
            if (Rune.TryGetRuneAt(piece.Text, 0, out var rune) && rune.Utf16SequenceLength == piece.Text.Length)
                symbolOfRune[rune.Value] = id;
        }

        var nextSymbol = model.Pieces.Count;
        foreach (var text in ids.Keys)
        {
            foreach (var rune in text.EnumerateRunes())
            {
                if (symbolOfRune.TryAdd(rune.Value, nextSymbol))
                    nextSymbol++;
            }
        }

        var pairs = new List<(int Left, int Right, int Merged)>(model.Pieces.Count * 4);
        var bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (text, id) in ids)
        {
            for (var split = 1; split < text.Length; split++)
            {
                if (char.IsLowSurrogate(text[split]) && char.IsHighSurrogate(text[split - 1]))
                    continue;
                if (TryFindSymbol(text.AsSpan(0, split), bySpan, symbolOfRune, out var left)
                    && TryFindSymbol(text.AsSpan(split), bySpan, symbolOfRune, out var right))
                {
                    pairs.Add((left, right, id));
                }
            }
        }
        var ranks = RanksByScore(model);
        var merges = new MergeTable(pairs.Count);
        foreach (var (left, right, merged) in pairs)
            merges.Add(left, right, ranks[merged], merged);
        return new Symbols(symbolOfRune, merges);
    }

    private static bool TryFindSymbol(
        ReadOnlySpan<char> text,
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids,
        Dictionary<int, int> symbolOfRune,
        out int symbol)
    {
        if (ids.TryGetValue(text, out symbol))
            return true;
        Rune.DecodeFromUtf16(text, out var rune, out var consumed);
        return consumed == text.Length && symbolOfRune.TryGetValue(rune.Value, out symbol);
    }

    /// <summary>
    /// Rank 0 for the highest score; equal scores share a rank, so that the leftmost pair goes first.
    /// </summary>
    private static int[] RanksByScore(SentencePieceModel model)
    {
        var scores = model.Pieces.Select(piece => piece.Score).Distinct().OrderDescending().ToList();
        var rankOf = new Dictionary<float, int>(scores.Count);
        for (var rank = 0; rank < scores.Count; rank++)
            rankOf[scores[rank]] = rank;
        return [.. model.Pieces.Select(piece => rankOf[piece.Score])];
    }

    private sealed record Symbols(Dictionary<int, int> OfRune, MergeTable Merges);
}
