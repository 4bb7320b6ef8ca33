namespace Caravan.Data.Deduplication;

/// <summary>
/// MinHash signatures (Broder, 1997) of a text's runs of five words: the part of equal positions in two signatures
/// estimates the Jaccard similarity of the two sets of runs.
/// </summary>
internal static class MinHash
{
    /// <summary>Positions of a signature.</summary>
    public const int Size = 128;

    private const int WordsOfARun = 5;
    private static readonly ulong[] Multipliers = Constants(0x9E3779B97F4A7C15);
    private static readonly ulong[] Additions = Constants(0xC2B2AE3D27D4EB4F);

    /// <summary>The text's signature; texts of fewer than five words are one run.</summary>
    public static uint[] Signature(string text)
    {
        var smallest = new uint[Size];
        smallest.AsSpan().Fill(uint.MaxValue);
        var words = Words(text);
        var runs = Math.Max(1, words.Count - WordsOfARun + 1);
        for (var start = 0; start < runs; start++)
        {
            var hash = 14695981039346656037UL;
            for (var i = start; i < Math.Min(words.Count, start + WordsOfARun); i++)
                hash = (hash ^ words[i]) * 1099511628211UL;
            for (var i = 0; i < Size; i++)
                smallest[i] = Math.Min(smallest[i], (uint)((hash * Multipliers[i] + Additions[i]) >> 32));
        }
        return smallest;
    }

    /// <summary>The estimated similarity, from 0 to 1.</summary>
    public static double Similarity(uint[] one, uint[] other)
    {
        var equal = 0;
        for (var i = 0; i < Size; i++)
            equal += one[i] == other[i] ? 1 : 0;
        return (double)equal / Size;
    }

    // A hash of each word, in lower case; whatever is no letter or digit stands between words.
    private static List<ulong> Words(string text)
    {
        var words = new List<ulong>();
        var hash = 0UL;
        foreach (var character in text)
        {
            if (char.IsLetterOrDigit(character))
            {
                var before = hash == 0 ? 14695981039346656037UL : hash;
                hash = (before ^ char.ToLowerInvariant(character)) * 1099511628211UL;
            }
            else if (hash != 0)
            {
                words.Add(hash);
                hash = 0;
            }
        }
        if (hash != 0)
            words.Add(hash);
        return words;
    }

    private static ulong[] Constants(ulong seed)
    {
        var constants = new ulong[Size];
        for (var i = 0; i < Size; i++)
        {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            constants[i] = (seed ^ (seed >> 29)) | 1;
        }
        return constants;
    }
}
