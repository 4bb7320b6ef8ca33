using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// Remembers the ids of short words. A direct-mapped table of fixed size: one word and its ids fill one cache line,
/// a newer word takes the place of an older one, and nothing is ever allocated after the first use.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longest word that is remembered; the key's last lane holds the length.</summary>
    private const int MaxLength = 15;

    /// <summary>Most ids that are remembered; the last lane holds their number.</summary>
    private const int MaxIds = 7;

    private const int SlotBits = 14;

    private Entry[] _entries = [];

    /// <summary>Appends the remembered ids of <paramref name="word"/>, if there are any.</summary>
    /// <param name="byteLengths">For every id, how many bytes it stands for.</param>
    public bool TryAppend(ReadOnlySpan<char> word, TokenOutput output, int[] byteLengths)
    {
        if (word.Length > MaxLength || _entries.Length == 0)
            return false;
        var key = KeyOf(word);
        ref readonly var entry = ref _entries[SlotOf(key)];
        if (entry.Key != key)
            return false;
        var count = entry.Ids[MaxIds];
        if (output.TracksLengths)
        {
            for (var i = 0; i < count; i++)
                output.Add(entry.Ids[i], byteLengths[entry.Ids[i]]);
            return true;
        }
        entry.Ids.CopyTo(output.Reserve(MaxIds + 1));
        output.Advance(count);
        return true;
    }

    public void Store(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (word.Length > MaxLength || ids.Length > MaxIds)
            return;
        if (_entries.Length == 0)
            _entries = new Entry[1 << SlotBits];
        Span<int> lanes = stackalloc int[MaxIds + 1];
        ids.CopyTo(lanes);
        lanes[MaxIds] = ids.Length;
        var key = KeyOf(word);
        _entries[SlotOf(key)] = new Entry(key, Vector256.Create<int>(lanes));
    }

    private static Vector256<ushort> KeyOf(ReadOnlySpan<char> word)
    {
        Span<char> lanes = stackalloc char[MaxLength + 1];
        word.CopyTo(lanes);
        lanes[MaxLength] = (char)word.Length;
        return Vector256.Create<ushort>(MemoryMarshal.Cast<char, ushort>(lanes));
    }

    private static int SlotOf(Vector256<ushort> key)
    {
        var parts = key.AsUInt64();
        var mixed = (parts[0] * 0x9E3779B97F4A7C15UL) ^ (parts[1] * 0xC2B2AE3D27D4EB4FUL)
            ^ (parts[2] * 0x165667B19E3779F9UL) ^ (parts[3] * 0x27D4EB2F165667C5UL);
        return (int)((mixed * 0x9E3779B97F4A7C15UL) >> (64 - SlotBits));
    }

    private readonly record struct Entry(Vector256<ushort> Key, Vector256<int> Ids);
}
