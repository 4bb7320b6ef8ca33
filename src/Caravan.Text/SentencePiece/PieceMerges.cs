using System.Runtime.CompilerServices;
using System.Text;
using Caravan.Text.Models;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// The merges that a SentencePiece BPE model implies: every way to put a piece together from two others. A piece's
/// symbol is its id; a character that occurs in pieces without being one gets a symbol above all ids, since it can
/// still merge into a piece.
/// </summary>
internal sealed class PieceMerges
{
    private readonly SentencePieceModel _model;
    private readonly Vocabulary _vocabulary;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PieceMerges(SentencePieceModel model, Vocabulary vocabulary)
    {
        (_model, _vocabulary) = (model, vocabulary);
        Table = new MergeTable(model.Pieces.Count * 2);
        AssignSymbols();
        var ranks = RanksByScore(model);
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            var piece = model.Pieces[id];
            if (!piece.IsMerged)
                continue;
            var text = piece.Utf8.Span;
            for (var split = 1; split < text.Length; split++)
            {
                if ((text[split] & 0xC0) != 0x80
                    && TryFindSymbol(text[..split], out var left) && TryFindSymbol(text[split..], out var right))
                {
                    Table.Add(left, right, ranks[id], id);
                }
            }
        }
    }

    public CharacterSymbols Characters { get; } = new();

    public MergeTable Table { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AssignSymbols()
    {
        for (var id = 0; id < _model.Pieces.Count; id++)
        {
            if (_model.Pieces[id].IsMerged && TryReadSingle(_model.Pieces[id].Utf8.Span, out var point))
                Characters[point] = id;
        }
        var next = _model.Pieces.Count;
        foreach (var piece in _model.Pieces)
        {
            if (!piece.IsMerged)
                continue;
            for (var text = piece.Utf8.Span; !text.IsEmpty;)
            {
                Rune.DecodeFromUtf8(text, out var rune, out var length);
                if (Characters[rune.Value] == CharacterSymbols.None)
                    Characters[rune.Value] = next++;
                text = text[length..];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryFindSymbol(ReadOnlySpan<byte> text, out int symbol)
    {
        if (_vocabulary.TryFind(text, out symbol) && _model.Pieces[symbol].IsMerged)
            return true;
        symbol = TryReadSingle(text, out var point) ? Characters[point] : CharacterSymbols.None;
        return symbol != CharacterSymbols.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryReadSingle(ReadOnlySpan<byte> text, out int point)
    {
        Rune.DecodeFromUtf8(text, out var rune, out var length);
        point = rune.Value;
        return length > 0 && length == text.Length;
    }

    /// <summary>
    /// Rank 0 for the highest score; equal scores share a rank, so that the leftmost pair goes first.
    /// </summary>
    private static int[] RanksByScore(SentencePieceModel model)
    {
        var (scores, ids) = (new float[model.Pieces.Count], new int[model.Pieces.Count]);
        for (var id = 0; id < ids.Length; id++)
            (scores[id], ids[id]) = (-model.Pieces[id].Score, id);
        Array.Sort(scores, ids);
        var ranks = new int[ids.Length];
        for (var (i, rank) = (0, 0); i < ids.Length; i++)
        {
            if (i > 0 && scores[i] != scores[i - 1])
                rank++;
            ranks[ids[i]] = rank;
        }
        return ranks;
    }
}
