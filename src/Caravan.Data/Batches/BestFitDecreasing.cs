using System.Numerics;

namespace Caravan.Data;

/// <summary>
/// Bin packing by best-fit decreasing: longest item first, each into the fullest bin that still takes it. It needs at
/// most 11/9 of the optimal number of bins plus one (Johnson, 1974), and in practice hardly more than the optimum.
/// </summary>
internal static class BestFitDecreasing
{
    /// <summary>Packs items; equal lengths keep their order. Every length must be at most the capacity.</summary>
    public static List<int[]> Pack(IReadOnlyList<int> items, Func<int, int> length, int capacity)
    {
        var bins = new List<List<int>>();
        // Open bins by the room left in them, and a bit for each room that some bin has.
        var byRoom = new Stack<int>?[capacity + 1];
        var rooms = new ulong[capacity / 64 + 1];
        foreach (var item in items.OrderByDescending(length))
        {
            var size = length(item);
            var room = SmallestAtLeast(rooms, size);
            int bin;
            if (room < 0)
            {
                (bin, room) = (bins.Count, capacity);
                bins.Add([]);
            }
            else
            {
                bin = byRoom[room]!.Pop();
                if (byRoom[room]!.Count == 0)
                    rooms[room / 64] &= ~(1UL << (room % 64));
            }
            bins[bin].Add(item);
            var left = room - size;
            (byRoom[left] ??= new Stack<int>()).Push(bin);
            rooms[left / 64] |= 1UL << (left % 64);
        }
        return [.. bins.Select(bin => bin.ToArray())];
    }

    private static int SmallestAtLeast(ulong[] bits, int from)
    {
        var word = from / 64;
        var masked = bits[word] & (ulong.MaxValue << (from % 64));
        while (masked == 0)
        {
            if (++word == bits.Length)
                return -1;
            masked = bits[word];
        }
        return word * 64 + BitOperations.TrailingZeroCount(masked);
    }
}
