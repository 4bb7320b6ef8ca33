using System.Text;

namespace Caravan.Text;

/// <summary>Collects the text of a conversation and the spans that carry loss.</summary>
internal sealed class ChatBuilder
{
    private readonly StringBuilder _text = new();
    private readonly List<CharSpan> _lossSpans = [];

    /// <summary>Appends text that the model is given.</summary>
    public ChatBuilder Given(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Appends text that the model learns to produce.</summary>
    public ChatBuilder Learned(string text)
    {
        if (text.Length == 0)
            return this;
        var span = new CharSpan(_text.Length, _text.Length + text.Length);
        if (_lossSpans.Count > 0 && _lossSpans[^1].End == span.Start)
            _lossSpans[^1] = _lossSpans[^1] with { End = span.End };
        else
            _lossSpans.Add(span);
        _text.Append(text);
        return this;
    }

    /// <param name="trimEnd">Whether to take whitespace away from the end of the whole text.</param>
    public RenderedChat Build(bool trimEnd = false)
    {
        var text = trimEnd ? _text.ToString().TrimEnd() : _text.ToString();
        var spans = _lossSpans
            .Where(span => span.Start < text.Length)
            .Select(span => span with { End = Math.Min(span.End, text.Length) });
        return new RenderedChat(text, [.. spans]);
    }
}
