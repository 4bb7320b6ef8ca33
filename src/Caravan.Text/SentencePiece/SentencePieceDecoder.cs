using System.Text;
using Caravan.Text.Decoding;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// Joins SentencePiece pieces: ▁ is a space, byte pieces are bytes, and the space that the dummy prefix put in front
/// of the text is taken away again.
/// </summary>
/// <param name="model">
/// Says whether encoding adds a dummy prefix, and whether a text can begin with spaces at all; if not, none is left.
/// </param>
/// <param name="stripsEverySegment">Whether the dummy prefix comes behind every special token, too.</param>
internal sealed class SentencePieceDecoder(SentencePieceModel model, bool stripsEverySegment) : TokenDecoder
{
    public override DecodingRun Start()
    {
        var strips = model.AddDummyPrefix || model.RemoveExtraWhitespace;
        return new Run(strips, strips && stripsEverySegment, model.RemoveExtraWhitespace);
    }

    private sealed class Run(bool stripsStart, bool stripsEverySegment, bool stripsAll) : DecodingRun
    {
        private readonly Utf8Assembler _text = new();
        private bool _atSegmentStart = stripsStart;

        public override string Append(string token, bool isAdded)
        {
            if (isAdded)
            {
                _atSegmentStart = stripsEverySegment;
                return _text.Append(Encoding.UTF8.GetBytes(token));
            }
            var stripped = _atSegmentStart;
            _atSegmentStart = false;
            if (BytePieces.ByteOf(token) is { } value)
                return _text.Append([value]);
            var text = token.Replace(SentencePieceNormalizer.Space, ' ');
            if (stripped && text.StartsWith(' '))
            {
                text = text[1..];
                _atSegmentStart = stripsAll && text.Length == 0;
            }
            return _text.Append(Encoding.UTF8.GetBytes(text));
        }

        public override void SkipSpecial() => _atSegmentStart |= stripsEverySegment;

        public override string Flush() => _text.Flush();
    }
}
