namespace Caravan.Generation;

/// <summary>A small random generator with a fixed algorithm (Steele, Lea and Flood 2014), so that samples are the same
/// on every machine and runtime.</summary>
internal sealed class SplitMix64
{
    private ulong _state;

    /// <summary>The stream of one sequence.</summary>
    internal SplitMix64(long seed, int stream)
    {
        _state = (ulong)seed;
        // A stream starts where a mixed word of its number leads, so that neighbours have nothing in common.
        _state = Next() ^ new SplitMix64((ulong)stream).Next();
    }

    private SplitMix64(ulong state) => _state = state;

    /// <summary>Uniform in [0, 1).</summary>
    internal double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
