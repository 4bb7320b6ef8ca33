using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Caravan.Data;

/// <summary>
/// The generator of every random choice in this room: xoshiro256** (Blackman and Vigna), its 256 bits of state being
/// the SHA-256 of <c>seed/purpose</c>. A purpose of its own for every use keeps one draw from changing another's, and
/// the sequence is the same on every machine and .NET version.
/// </summary>
public sealed class SeededRandom
{
    private readonly ulong[] _state = new ulong[4];

    public SeededRandom(long seed, string purpose)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{purpose}"));
        for (var i = 0; i < 4; i++)
            _state[i] = BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(8 * i));
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_state[1] * 5, 7) * 9;
        var shifted = _state[1] << 17;
        _state[2] ^= _state[0];
        _state[3] ^= _state[1];
        _state[1] ^= _state[2];
        _state[0] ^= _state[3];
        _state[2] ^= shifted;
        _state[3] = BitOperations.RotateLeft(_state[3], 45);
        return result;
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), without bias (Lemire's method).</summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (ulong)bound;
        var threshold = (0 - range) % range;
        while (true)
        {
            var high = Math.BigMul(NextBits(), range, out var low);
            if (low >= threshold)
                return (int)high;
        }
    }

    /// <summary>Fisher–Yates.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>
    /// <paramref name="count"/> different integers of [0, <paramref name="total"/>) in random order (partial
    /// Fisher–Yates).
    /// </summary>
    public int[] Sample(int total, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, total);
        var items = new int[total];
        for (var i = 0; i < total; i++)
            items[i] = i;
        for (var i = 0; i < count; i++)
        {
            var j = i + NextInt(total - i);
            (items[i], items[j]) = (items[j], items[i]);
        }
        return items[..count];
    }
}
