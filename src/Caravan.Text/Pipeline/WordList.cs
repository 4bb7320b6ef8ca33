namespace Caravan.Text.Pipeline;

/// <summary>
/// Ranges of a text between the boundaries that the pre-tokenizer found. Gaps are text that is dropped.
/// </summary>
internal sealed class WordList
{
    private CharSpan[] _spans = new CharSpan[64];

    public int Count { get; private set; }

    public ReadOnlySpan<CharSpan> Spans => _spans.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Appends a word; an empty one is no word and is left out.</summary>
    public void Add(int start, int end)
    {
        if (start == end)
            return;
        if (Count == _spans.Length)
            Array.Resize(ref _spans, Count * 2);
        _spans[Count++] = new CharSpan(start, end);
    }
}
