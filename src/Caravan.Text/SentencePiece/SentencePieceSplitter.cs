using Caravan.Text.Models;
using Caravan.Text.Pipeline;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// SentencePiece's BPE has no words: a whole text merges at once, apart from user-defined pieces. It is cut where that
/// makes no difference.
/// </summary>
internal sealed class SentencePieceSplitter : WordSplitter
{
    private readonly MergeBoundaries _boundaries = new();
    private readonly UserDefinedPieces? _userDefined;

    public SentencePieceSplitter(SentencePieceModel model)
    {
        foreach (var piece in model.Pieces)
        {
            if (piece.IsMerged)
                _boundaries.Add(piece.Utf8.Span);
        }
        _userDefined = UserDefinedPieces.Of(model);
    }

    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        while (_userDefined is not null && _userDefined.Find(text) is var found and >= 0)
        {
            _boundaries.Cut(text[..found], offset, words);
            var end = found + _userDefined.LengthAtStart(text[found..]);
            words.Add(offset + found, offset + end);
            offset += end;
            text = text[end..];
        }
        _boundaries.Cut(text, offset, words);
    }
}
