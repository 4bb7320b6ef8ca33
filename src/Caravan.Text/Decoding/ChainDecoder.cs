namespace Caravan.Text.Decoding;

/// <summary>
/// A decoder of steps over lists of tokens. Streaming decodes a window: the last tokens whose text is out serve as
/// context, and what a new token adds to the text of the window is new.
/// </summary>
internal sealed class ChainDecoder(IReadOnlyList<DecoderStep> steps) : TokenDecoder
{
    public override DecodingRun Start() => new Run(this);

    private string Decode(List<string> tokens) =>
        string.Concat(steps.Aggregate(tokens, (current, step) => step([.. current])));

    private sealed class Run(ChainDecoder decoder) : DecodingRun
    {
        private readonly List<string> _window = [];
        private int _context;

        public override string Append(string token, bool isAdded)
        {
            _window.Add(token);
            // A replacement character at the end may be the first bytes of a character that goes on.
            return Advance(holdsBack: text => text.EndsWith('\uFFFD'));
        }

        public override string Flush() => Advance(holdsBack: _ => false);

        private string Advance(Predicate<string> holdsBack)
        {
            var known = decoder.Decode(_window[.._context]);
            var text = decoder.Decode(_window);
            if (holdsBack(text) || text.Length < known.Length)
                return "";
            _window.RemoveRange(0, _context);
            _context = _window.Count;
            return text[known.Length..];
        }
    }
}
