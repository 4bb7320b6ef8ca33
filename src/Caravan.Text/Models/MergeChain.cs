using System.Runtime.CompilerServices;

namespace Caravan.Text.Models;

/// <summary>
/// A stretch of symbols that merge through a heap: always the pair of lowest rank, of equal ranks the leftmost. What
/// has merged stays readable, so that one can tell when the symbols at its ends came about.
/// </summary>
/// <remarks>
/// The time of a merge is the highest rank of all merges up to it. It is the same in every text in which the merge
/// takes place: nothing between the merge that made its pair and itself can have a higher rank than it has.
/// </remarks>
internal sealed class MergeChain
{
    private const int NoPair = int.MinValue;

    private Node[] _nodes = [];
    private ulong[] _heap = [];
    private int _heapSize;

    /// <summary>Symbols before the merges; positions run from 0 to this.</summary>
    public int Length { get; private set; }

    /// <summary>The symbol of the token that begins at <paramref name="position"/>.</summary>
    public int SymbolAt(int position) => _nodes[position].Symbol;

    /// <summary>Where the token ends that begins at <paramref name="position"/>.</summary>
    public int EndOf(int position) => _nodes[position].Next;

    /// <summary>Merges <paramref name="symbols"/> until no pair of neighbours is in the table.</summary>
    public void Merge(ReadOnlySpan<int> symbols, MergeTable merges)
    {
        Fill(symbols, merges);
        var nodes = _nodes;
        var time = 0;
        while (_heapSize > 0)
        {
            var (rank, left) = ((int)(_heap[0] >> 32), (int)_heap[0]);
            _heap[0] = _heap[--_heapSize];
            SiftDown(0);
            ref var node = ref nodes[left];
            // An entry is stale when its pair has changed since; the pair's present rank tells.
            if (node.Pair != rank)
                continue;
            time = Math.Max(time, rank);
            ref var right = ref nodes[node.Next];
            right.Pair = ~time;
            (node.Symbol, node.Next) = (node.Merged, right.Next);
            if (node.Next < Length)
                nodes[node.Next].Previous = left;
            Push(FindPair(left, merges), left);
            if (left > 0)
                Push(FindPair(node.Previous, merges), node.Previous);
        }
    }

    /// <summary>The last boundary between tokens that is not behind <paramref name="limit"/>.</summary>
    public int LastBoundary(int limit)
    {
        var position = Math.Max(limit, 0);
        while (position < Length && HasMerged(position))
            position--;
        return position;
    }

    /// <summary>The symbols that ended at a boundary between tokens, one after the other.</summary>
    public void ReadSymbolsBefore(int boundary, List<TimedSymbol> history)
    {
        history.Clear();
        var position = boundary - 1;
        for (; HasMerged(position); position = _nodes[position].Previous)
            history.Add(new TimedSymbol(_nodes[position].Symbol, ~_nodes[position].Pair));
        history.Add(new TimedSymbol(_nodes[position].Symbol, TimedSymbol.Never));
    }

    /// <summary>The symbols that began at position 0, one after the other.</summary>
    /// <param name="first">The symbol that stood there before any merge.</param>
    public void ReadFirstSymbols(int first, MergeTable merges, List<TimedSymbol> history)
    {
        history.Clear();
        for (var position = 1; position < Length && HasMerged(position); position = _nodes[position].Next)
        {
            history.Add(new TimedSymbol(first, ~_nodes[position].Pair));
            first = (int)merges.Find(first, _nodes[position].Symbol);
        }
        history.Add(new TimedSymbol(first, TimedSymbol.Never));
    }

    private bool HasMerged(int position) => _nodes[position].Pair is < 0 and not NoPair;

    private void Fill(ReadOnlySpan<int> symbols, MergeTable merges)
    {
        Length = symbols.Length;
        if (_nodes.Length < Length)
            _nodes = new Node[Math.Max(Length, _nodes.Length * 2)];
        if (_heap.Length < Length)
            _heap = new ulong[_nodes.Length];
        for (var i = 0; i < symbols.Length; i++)
            _nodes[i] = new Node { Symbol = symbols[i], Previous = i - 1, Next = i + 1 };
        _heapSize = 0;
        for (var i = 0; i < symbols.Length; i++)
        {
            var rank = FindPair(i, merges);
            if (rank != NoPair)
                _heap[_heapSize++] = Entry(rank, i);
        }
        for (var i = (_heapSize / 2) - 1; i >= 0; i--)
            SiftDown(i);
    }

    private int FindPair(int left, MergeTable merges)
    {
        ref var node = ref _nodes[left];
        var found = node.Next < Length ? merges.Find(node.Symbol, _nodes[node.Next].Symbol) : MergeTable.None;
        node.Merged = (int)found;
        return node.Pair = found == MergeTable.None ? NoPair : (int)(found >> 32);
    }

    private void Push(int rank, int position)
    {
        if (rank == NoPair)
            return;
        if (_heapSize == _heap.Length)
            Array.Resize(ref _heap, _heap.Length * 2);
        var heap = _heap;
        var entry = Entry(rank, position);
        var index = _heapSize++;
        while (index > 0 && heap[(index - 1) / 2] > entry)
        {
            heap[index] = heap[(index - 1) / 2];
            index = (index - 1) / 2;
        }
        heap[index] = entry;
    }

    private void SiftDown(int index)
    {
        if (index >= _heapSize)
            return;
        var heap = _heap;
        var size = _heapSize;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Entry(int rank, int position) => ((ulong)(uint)rank << 32) | (uint)position;

    /// <summary>
    /// A symbol and its neighbours; one that has gone into its left neighbour keeps what it had then.
    /// </summary>
    private struct Node
    {
        public int Symbol;
        public int Previous;
        public int Next;

        /// <summary>The rank of the pair with the next symbol, or none; ~time once the symbol has merged.</summary>
        public int Pair;

        /// <summary>What the pair becomes.</summary>
        public int Merged;
    }
}
