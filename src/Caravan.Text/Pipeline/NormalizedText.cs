namespace Caravan.Text.Pipeline;

/// <summary>
/// A stretch of the original text on its way through the normalizers, with the original range behind each character.
/// Nothing is copied before a normalizer changes something.
/// </summary>
internal sealed class NormalizedText
{
    private string _original = "";
    private int _origin;
    private int _length;
    private bool _rewritten;
    private bool _tracks;
    private char[] _chars = [];
    private CharSpan[] _ranges = [];
    private char[] _nextChars = [];
    private CharSpan[] _nextRanges = [];
    private int _nextLength;

    /// <summary>The text as it stands now.</summary>
    public ReadOnlySpan<char> Chars =>
        _rewritten ? _chars.AsSpan(0, _length) : _original.AsSpan(_origin, _length);

    public int Length => _length;

    /// <summary>Whether this stretch begins the text that was handed to the tokenizer.</summary>
    public bool IsAtStart { get; private set; }

    /// <summary>Starts over with the characters [start, end) of <paramref name="original"/>.</summary>
    public void Reset(string original, int start, int end, bool tracks)
    {
        _original = original;
        _origin = start;
        _length = end - start;
        _rewritten = false;
        _tracks = tracks;
        IsAtStart = start == 0;
    }

    /// <summary>Starts over with a part of another text, which keeps its original ranges.</summary>
    public void Copy(NormalizedText source, int start, int end)
    {
        (_original, _origin, _tracks) = (source._original, source._origin, source._tracks);
        _nextLength = 0;
        EnsureNext(end - start);
        source.Chars[start..end].CopyTo(_nextChars);
        for (var i = start; _tracks && i < end; i++)
            _nextRanges[i - start] = source.ToOriginal(i, i + 1);
        _nextLength = end - start;
        EndRewrite();
        IsAtStart = source.IsAtStart && start == 0;
    }

    /// <summary>
    /// The original range of the characters [start, end) of the text as it stands now; empty if ranges are not tracked.
    /// </summary>
    public CharSpan ToOriginal(int start, int end)
    {
        if (!_tracks)
            return default;
        if (!_rewritten)
            return new CharSpan(_origin + start, _origin + end);
        return start < end
            ? new CharSpan(_ranges[start].Start, _ranges[end - 1].End)
            : OriginalPoint(start);
    }

    /// <summary>
    /// Starts a pass that writes the text anew through the Append methods; <see cref="EndRewrite"/> ends it.
    /// </summary>
    public void BeginRewrite(int expectedLength)
    {
        _nextLength = 0;
        EnsureNext(expectedLength);
    }

    /// <summary>Appends a character that replaces the characters [start, end) of the text before this pass.</summary>
    public void Append(char c, int start, int end)
    {
        EnsureNext(_nextLength + 1);
        _nextChars[_nextLength] = c;
        if (_tracks)
            _nextRanges[_nextLength] = ToOriginal(start, end);
        _nextLength++;
    }

    /// <summary>Appends text of which every character stands for [start, end) of the text before this pass.</summary>
    public void Append(ReadOnlySpan<char> text, int start, int end)
    {
        EnsureNext(_nextLength + text.Length);
        text.CopyTo(_nextChars.AsSpan(_nextLength));
        if (_tracks)
            _nextRanges.AsSpan(_nextLength, text.Length).Fill(ToOriginal(start, end));
        _nextLength += text.Length;
    }

    /// <summary>Appends the characters [start, end) of the text before this pass, unchanged.</summary>
    public void Keep(int start, int end)
    {
        EnsureNext(_nextLength + end - start);
        Chars[start..end].CopyTo(_nextChars.AsSpan(_nextLength));
        if (_tracks)
        {
            for (var i = start; i < end; i++)
                _nextRanges[_nextLength + i - start] = ToOriginal(i, i + 1);
        }
        _nextLength += end - start;
    }

    /// <summary>Characters written in this pass so far, open to change in place.</summary>
    public Span<char> Written => _nextChars.AsSpan(0, _nextLength);

    /// <summary>Drops what was written behind <paramref name="length"/>.</summary>
    public void TruncateWritten(int length) => _nextLength = length;

    public void EndRewrite()
    {
        (_chars, _nextChars) = (_nextChars, _chars);
        (_ranges, _nextRanges) = (_nextRanges, _ranges);
        _length = _nextLength;
        _rewritten = true;
    }

    private CharSpan OriginalPoint(int position)
    {
        if (position < _length)
            return new CharSpan(_ranges[position].Start, _ranges[position].Start);
        var end = _length > 0 ? _ranges[_length - 1].End : _origin;
        return new CharSpan(end, end);
    }

    private void EnsureNext(int length)
    {
        if (_nextChars.Length < length)
            Array.Resize(ref _nextChars, Math.Max(length, _nextChars.Length * 2));
        if (_tracks && _nextRanges.Length < _nextChars.Length)
            Array.Resize(ref _nextRanges, _nextChars.Length);
    }
}
