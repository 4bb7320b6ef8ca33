namespace Caravan.Text.Models;

/// <summary>
/// The merges of a byte-pair encoding: (left symbol, right symbol) → (rank, merged symbol), in one open-addressing
/// table so that a lookup touches one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge; greater than every rank.</summary>
    public const long None = long.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <summary>Room for <paramref name="capacity"/> merges.</summary>
    public MergeTable(int capacity)
    {
        var bits = Math.Max(4, 64 - (int)ulong.LeadingZeroCount((ulong)capacity * 2));
        _slots = new Slot[1 << bits];
        _slots.AsSpan().Fill(new Slot(Empty, 0));
        _shift = 64 - bits;
    }

    /// <summary>Sets the merge of a pair; of two merges of the same pair the later one holds.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        var key = Key(left, right);
        ref var slot = ref Locate(key);
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

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ref Slot Locate(ulong key)
    {
        var slots = _slots;
        var index = (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
        while (true)
        {
            ref var slot = ref slots[index];
            if (slot.Key == key || slot.Key == Empty)
                return ref slot;
            index = (index + 1) & (slots.Length - 1);
        }
    }

    private readonly record struct Slot(ulong Key, long Value);
}
