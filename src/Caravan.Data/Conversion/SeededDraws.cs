using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Caravan.Data.Conversion;

/// <summary>
/// A random number for every position, which does not depend on the other draws, so that records can be converted in
/// any order on any number of threads. SplitMix64's mixing function of a key and the position; the key is the beginning
/// of the SHA-256 of <c>seed/purpose</c>.
/// </summary>
public sealed class SeededDraws(long seed, string purpose)
{
    private readonly ulong _key =
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{purpose}")));

    /// <summary>A uniform number in [0, 1).</summary>
    public double At(long position)
    {
        var mixed = _key + unchecked((ulong)position + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>).</summary>
    public int At(long position, int bound) => (int)(At(position) * bound);
}
