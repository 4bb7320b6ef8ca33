namespace Caravan.Text.Pipeline;

/// <summary>
/// Growing list of ids. While offsets are wanted it also records how many UTF-8 bytes of the word each id stands for;
/// the tokenizer turns these into character ranges.
/// </summary>
internal sealed class TokenOutput
{
    private int[] _ids = new int[256];
    private int[] _byteLengths = [];
    private CharSpan[] _offsets = [];

    public int Count { get; private set; }

    public bool TracksLengths { get; private set; }

    /// <summary>How often <see cref="AddUnknown"/> was called, whether an id came of it or not.</summary>
    public int Unknowns { get; private set; }

    /// <summary>Where the ids of the present segment (text between added tokens) begin.</summary>
    public int SegmentStart { get; set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public ReadOnlySpan<int> ByteLengths => _byteLengths.AsSpan(0, Count);

    public Span<CharSpan> Offsets => _offsets.AsSpan(0, Count);

    public void Reset(bool tracksLengths)
    {
        Count = 0;
        SegmentStart = 0;
        TracksLengths = tracksLengths;
        if (tracksLengths && _byteLengths.Length < _ids.Length)
            GrowTracking();
    }

    /// <summary>Appends an id that stands for <paramref name="byteLength"/> bytes of the word.</summary>
    public void Add(int id, int byteLength)
    {
        if (Count == _ids.Length)
            Grow(1);
        _ids[Count] = id;
        if (TracksLengths)
            _byteLengths[Count] = byteLength;
        Count++;
    }

    /// <summary>
    /// Room for at least <paramref name="length"/> ids behind the last one; <see cref="Advance"/> makes them count.
    /// </summary>
    public Span<int> Reserve(int length)
    {
        if (_ids.Length - Count < length)
            Grow(length);
        return _ids.AsSpan(Count);
    }

    public void Advance(int count) => Count += count;

    /// <summary>
    /// Appends the unknown token, or lets the one that ends the present segment stand for this text too.
    /// </summary>
    public void AddUnknown(int id, int byteLength)
    {
        Unknowns++;
        if (Count == SegmentStart || _ids[Count - 1] != id)
            Add(id, byteLength);
        else if (TracksLengths)
            _byteLengths[Count - 1] += byteLength;
    }

    private void Grow(int length)
    {
        Array.Resize(ref _ids, Math.Max(_ids.Length * 2, Count + length));
        if (TracksLengths)
            GrowTracking();
    }

    private void GrowTracking()
    {
        Array.Resize(ref _byteLengths, _ids.Length);
        Array.Resize(ref _offsets, _ids.Length);
    }
}
