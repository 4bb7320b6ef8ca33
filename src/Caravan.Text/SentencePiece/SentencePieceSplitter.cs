using Caravan.Text.Pipeline;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// SentencePiece has no words: a whole text merges at once. But where no piece spans a boundary nothing can merge
/// across it, so the text may be cut there without changing the result; short words then come from the cache. The
/// boundaries: before a ▁ that follows another character (if no piece holds one inside), and around characters that
/// stand in no piece but their own.
/// </summary>
internal sealed class SentencePieceSplitter : WordSplitter
{
    private readonly bool _cutsBeforeSpace;
    private readonly bool[] _standsAlone = new bool[char.MaxValue + 1];
    private readonly UserDefinedPieces? _userDefined;

    public SentencePieceSplitter(SentencePieceModel model)
    {
        _cutsBeforeSpace = true;
        Array.Fill(_standsAlone, true);
        for (var surrogate = 0xD800; surrogate <= 0xDFFF; surrogate++)
            _standsAlone[surrogate] = false;
        foreach (var (text, _, type) in model.Pieces)
        {
            if (type is not (SentencePieceType.Normal or SentencePieceType.Unused) || text.Length < 2)
                continue;
            var leading = text.AsSpan().TrimStart(SentencePieceNormalizer.Space);
            _cutsBeforeSpace &= !leading.Contains(SentencePieceNormalizer.Space);
            foreach (var c in text)
                _standsAlone[c] = false;
        }
        _userDefined = UserDefinedPieces.Of(model);
    }

    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        while (_userDefined is not null && _userDefined.Find(text) is var found and >= 0)
        {
            SplitPlain(text[..found], offset, words);
            var end = found + _userDefined.LengthAtStart(text[found..]);
            words.Add(offset + found, offset + end);
            offset += end;
            text = text[end..];
        }
        SplitPlain(text, offset, words);
    }

    private void SplitPlain(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (_standsAlone[c])
            {
                words.Add(offset + start, offset + i);
                words.Add(offset + i, offset + i + 1);
                start = i + 1;
            }
            else if (c == SentencePieceNormalizer.Space && _cutsBeforeSpace && i > start
                && text[i - 1] != SentencePieceNormalizer.Space)
            {
                words.Add(offset + start, offset + i);
                start = i;
            }
        }
        words.Add(offset + start, offset + text.Length);
    }
}
