namespace Caravan.Text.Models;

/// <summary>
/// The symbols of one word while they merge. A symbol below zero never merges. Always the pair of lowest rank merges
/// first, of equal ranks the leftmost. Short words are scanned, longer ones merge through a heap, and very long ones in
/// stretches that stay in the processor's cache, so that time grows with the length of a text without any boundary and
/// not faster. A stretch ends where provably nothing merges across; if there is no such place it grows.
/// </summary>
internal sealed class MergeBuffer
{
    private const int ScanLimit = 32;

    private int[] _symbols = new int[64];
    private int[] _byteLengths = new int[64];
    private readonly long[] _pairs = new long[ScanLimit];
    private readonly int _stretch;
    private readonly int _margin;
    private MergeChain _left = new();
    private MergeChain _right = new();
    private int[] _merged = [];
    private int[] _mergedLengths = [];
    private int _mergedCount;

    // How the symbols came about that end before a stretch, at its end, and at the beginning of the one behind.
    private List<TimedSymbol> _before = [];
    private List<TimedSymbol> _ending = [];
    private readonly List<TimedSymbol> _beginning = [];

    /// <param name="stretch">Symbols that merge at a time.</param>
    /// <param name="margin">Symbols behind a stretch that are taken in to find a place where it may end.</param>
    public MergeBuffer(int stretch = 16_384, int margin = 256)
    {
        _stretch = stretch;
        _margin = margin;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<int> Symbols => _symbols.AsSpan(0, Count);

    /// <summary>How many UTF-8 bytes of the word each symbol stands for.</summary>
    public ReadOnlySpan<int> ByteLengths => _byteLengths.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int symbol, int byteLength)
    {
        if (Count == _symbols.Length)
        {
            Array.Resize(ref _symbols, Count * 2);
            Array.Resize(ref _byteLengths, Count * 2);
        }
        _symbols[Count] = symbol;
        _byteLengths[Count++] = byteLength;
    }

    public void ExtendLast(int byteLength) => _byteLengths[Count - 1] += byteLength;

    /// <summary>Merges until no pair of neighbours is in the table.</summary>
    public void MergeAll(MergeTable merges)
    {
        if (Count <= ScanLimit)
            MergeByScanning(merges);
        else
            MergeStretches(merges);
    }

    private void MergeByScanning(MergeTable merges)
    {
        var count = Count;
        var symbols = _symbols;
        var lengths = _byteLengths;
        var pairs = _pairs;
        for (var i = 0; i + 1 < count; i++)
            pairs[i] = merges.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                if (pairs[i] >> 32 < pairs[best] >> 32)
                    best = i;
            }
            if (pairs[best] == MergeTable.None)
                break;
            symbols[best] = (int)pairs[best];
            lengths[best] += lengths[best + 1];
            count--;
            for (var i = best + 1; i < count; i++)
            {
                symbols[i] = symbols[i + 1];
                lengths[i] = lengths[i + 1];
                pairs[i - 1] = pairs[i];
            }
            if (best > 0)
                pairs[best - 1] = merges.Find(symbols[best - 1], symbols[best]);
            if (best + 1 < count)
                pairs[best] = merges.Find(symbols[best], symbols[best + 1]);
        }
        Count = count;
    }

    private void MergeStretches(MergeTable merges)
    {
        var symbols = _symbols.AsSpan(0, Count);
        if (_merged.Length < Count)
            (_merged, _mergedLengths) = (new int[_symbols.Length], new int[_symbols.Length]);
        _mergedCount = 0;
        var (start, length) = (0, _stretch);
        _left.Merge(Stretch(symbols, start, length), merges);
        while (start + _left.Length < symbols.Length)
        {
            var cut = _left.LastBoundary(_left.Length - _margin);
            if (cut > 0 && TryMergeBehind(symbols, start + cut, cut, merges))
            {
                Keep(_left, start, cut);
                (_left, _right) = (_right, _left);
                (_before, _ending) = (_ending, _before);
                (start, length) = (start + cut, _stretch);
                continue;
            }
            // What stands behind the cut reaches across it: a longer stretch may have a better place.
            length = (int)Math.Min(2L * length, symbols.Length);
            _left.Merge(Stretch(symbols, start, length), merges);
            if (start > 0 && CouldMerge(_before, _left, symbols[start], merges))
            {
                (start, _mergedCount) = (0, 0);
                _left.Merge(symbols, merges);
            }
        }
        Keep(_left, start, _left.Length);
        (_symbols, _merged) = (_merged, _symbols);
        (_byteLengths, _mergedLengths) = (_mergedLengths, _byteLengths);
        Count = _mergedCount;
    }

    private ReadOnlySpan<int> Stretch(ReadOnlySpan<int> symbols, int start, int length) =>
        symbols.Slice(start, (int)Math.Min(symbols.Length - start, (long)length + _margin));

    /// <summary>
    /// Merges the next stretch, from <paramref name="start"/> on, and says whether the one before may end there.
    /// </summary>
    private bool TryMergeBehind(ReadOnlySpan<int> symbols, int start, int cut, MergeTable merges)
    {
        _right.Merge(Stretch(symbols, start, _stretch), merges);
        _left.ReadSymbolsBefore(cut, _ending);
        return !CouldMerge(_ending, _right, symbols[start], merges);
    }

    private bool CouldMerge(List<TimedSymbol> before, MergeChain chain, int first, MergeTable merges)
    {
        chain.ReadFirstSymbols(first, merges, _beginning);
        return TimedSymbol.CouldMerge(before, _beginning, merges);
    }

    /// <summary>Appends the tokens of a stretch that end at <paramref name="cut"/> or before.</summary>
    private void Keep(MergeChain chain, int start, int cut)
    {
        for (int token = 0, end; token < cut; token = end)
        {
            end = chain.EndOf(token);
            var bytes = 0;
            for (var i = start + token; i < start + end; i++)
                bytes += _byteLengths[i];
            _merged[_mergedCount] = chain.SymbolAt(token);
            _mergedLengths[_mergedCount++] = bytes;
        }
    }
}
