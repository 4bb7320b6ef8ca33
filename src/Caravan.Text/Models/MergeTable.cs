using System.Runtime.CompilerServices;

namespace Caravan.Text.Models;

/// <summary>
/// The merges of a byte-pair encoding: (left symbol, right symbol) → (rank, merged symbol), in one open-addressing
/// table so that a lookup touches one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge; greater than every rank.</summary>
    public const long None = long.MaxValue;

    // Keys are never 0, so that fresh memory is a table of empty slots.
    private const ulong Empty = 0;

    // Odd and random: nobody who writes a tokenizer file can know which pairs will collide.
    private static readonly ulong Factor = (ulong)Random.Shared.NextInt64() << 1 | 1;

    private Slot[] _slots;
    private int _shift;
    private int _count;

    /// <summary>Room for <paramref name="capacity"/> merges before the table grows.</summary>
    public MergeTable(int capacity)
    {
        var bits = Math.Max(4, 64 - (int)ulong.LeadingZeroCount((ulong)capacity * 2));
        (_slots, _shift) = (new Slot[1 << bits], 64 - bits);
    }

    /// <summary>Sets the merge of a pair; of two merges of the same pair the later one holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int left, int right, int rank, int merged)
    {
        if ((_count + 1) * 2 > _slots.Length)
            Grow();
        var key = Key(left, right);
        var index = (int)((key * Factor) >> _shift);
        while (_slots[index].Key is var found && found != key && found != Empty)
            index = (index + 1) & (_slots.Length - 1);
        ref var slot = ref _slots[index];
        if (slot.Key == Empty)
            _count++;
        slot = new Slot(key, ((long)rank << 32) | (uint)merged);
    }

    /// <summary>The rank in the upper and the merged symbol in the lower 32 bits, or <see cref="None"/>.</summary>
    public long Find(int left, int right)
    {
        if ((left | right) < 0)
            return None;
        var key = Key(left, right);
        ref var slot = ref Locate(key);
        return slot.Key == key ? slot.Value : None;
    }

    /// <summary>Whether a side of any merge is such a symbol.</summary>
    public bool AnySymbol(Predicate<int> isSought)
    {
        foreach (var slot in _slots)
        {
            if (slot.Key != Empty && (isSought((int)((slot.Key - 1) >> 32)) || isSought((int)(slot.Key - 1))))
                return true;
        }
        return false;
    }

    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private ref Slot Locate(ulong key)
    {
        var slots = _slots;
        var index = (int)((key * Factor) >> _shift);
        while (true)
        {
            ref var slot = ref slots[index];
            if (slot.Key == key || slot.Key == Empty)
                return ref slot;
            index = (index + 1) & (slots.Length - 1);
        }
    }

    private void Grow()
    {
        var old = _slots;
        (_slots, _shift) = (new Slot[old.Length * 2], _shift - 1);
        foreach (var slot in old)
        {
            if (slot.Key != Empty)
                Locate(slot.Key) = slot;
        }
    }

    private readonly record struct Slot(ulong Key, long Value);
}
