namespace Caravan.Text.Models;

/// <summary>
/// The symbols of one word while they merge. A symbol below zero never merges. Always the pair of lowest rank merges
/// first, of equal ranks the leftmost. Short words are scanned; long ones use a heap, so that time stays
/// O(n log n) for a text without any boundary.
/// </summary>
internal sealed class MergeBuffer
{
    private const int ScanLimit = 32;

    private int[] _symbols = new int[64];
    private int[] _byteLengths = new int[64];
    private readonly long[] _pairs = new long[ScanLimit];
    private int[] _previous = [];
    private int[] _next = [];
    private int[] _pairRanks = [];
    private ulong[] _heap = [];

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
            MergeByHeap(merges);
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

    private void MergeByHeap(MergeTable merges)
    {
        var count = Count;
        if (_next.Length < count)
        {
            _previous = new int[_symbols.Length];
            _next = new int[_symbols.Length];
            _pairRanks = new int[_symbols.Length];
        }
        var heapSize = 0;
        EnsureHeap(count);
        for (var i = 0; i < count; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < count ? i + 1 : -1;
            var rank = RankOf(merges, i);
            if (rank >= 0)
                _heap[heapSize++] = ((ulong)(uint)rank << 32) | (uint)i;
        }
        for (var i = (heapSize / 2) - 1; i >= 0; i--)
            SiftDown(i, heapSize);

        while (heapSize > 0)
        {
            var (rank, left) = ((int)(_heap[0] >> 32), (int)_heap[0]);
            heapSize--;
            _heap[0] = _heap[heapSize];
            SiftDown(0, heapSize);
            // An entry is stale when its pair has changed since; the pair's present rank tells.
            if (_pairRanks[left] != rank)
                continue;
            var right = _next[left];
            _symbols[left] = (int)merges.Find(_symbols[left], _symbols[right]);
            _byteLengths[left] += _byteLengths[right];
            _pairRanks[right] = -1;
            _next[left] = _next[right];
            if (_next[right] >= 0)
                _previous[_next[right]] = left;
            heapSize = Push(RankOf(merges, left), left, heapSize);
            if (_previous[left] >= 0)
                heapSize = Push(RankOf(merges, _previous[left]), _previous[left], heapSize);
        }

        Count = 0;
        for (var i = 0; i >= 0; i = _next[i])
        {
            _symbols[Count] = _symbols[i];
            _byteLengths[Count++] = _byteLengths[i];
        }
    }

    private int RankOf(MergeTable merges, int left)
    {
        var right = _next[left];
        var found = right < 0 ? MergeTable.None : merges.Find(_symbols[left], _symbols[right]);
        return _pairRanks[left] = found == MergeTable.None ? -1 : (int)(found >> 32);
    }

    private int Push(int rank, int position, int size)
    {
        if (rank < 0)
            return size;
        EnsureHeap(size + 1);
        var entry = ((ulong)(uint)rank << 32) | (uint)position;
        var index = size;
        while (index > 0 && _heap[(index - 1) / 2] > entry)
        {
            _heap[index] = _heap[(index - 1) / 2];
            index = (index - 1) / 2;
        }
        _heap[index] = entry;
        return size + 1;
    }

    private void SiftDown(int index, int size)
    {
        if (index >= size)
            return;
        var heap = _heap;
        var entry = heap[index];
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= size)
                break;
            if (child + 1 < size && heap[child + 1] < heap[child])
                child++;
            if (heap[child] >= entry)
                break;
            heap[index] = heap[child];
            index = child;
        }
        heap[index] = entry;
    }

    private void EnsureHeap(int size)
    {
        if (_heap.Length < size)
            Array.Resize(ref _heap, Math.Max(size, _heap.Length * 2));
    }
}
