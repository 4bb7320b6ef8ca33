using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>Extents and strides of an attention over packed documents, in elements.</summary>
internal readonly record struct AttentionShape(int Tokens, int Heads, int KeyValueHeads, int HeadDim)
{
    /// <summary>Queries and keys of one block of scores.</summary>
    internal const int Block = 64;

    private const int Lanes = 16;

    internal static AttentionShape Of(Tensor queries, Tensor keys) =>
        new((int)queries.Size(0), (int)queries.Size(1), (int)keys.Size(1), (int)queries.Size(2));

    /// <summary>Query heads that share one head of keys and values.</summary>
    internal int Group => Heads / KeyValueHeads;

    /// <summary>head_dim rounded up to whole vectors.</summary>
    internal int PaddedDim => Pad(HeadDim);

    /// <summary>From a token's queries to the next one's.</summary>
    internal int QueryStride => Heads * HeadDim;

    /// <summary>From a token's keys to the next one's.</summary>
    internal int KeyStride => KeyValueHeads * HeadDim;

    internal static int Pad(int count) => (count + Lanes - 1) & -Lanes;

    /// <summary>Multiplications and additions of one product of scores over all documents, halved for causality.
    /// </summary>
    internal long Work(SequenceBoundaries boundaries)
    {
        long pairs = 0;
        for (var i = 0; i < boundaries.Count; i++)
            pairs += (long)boundaries.Length(i) * (boundaries.Length(i) + 1) / 2;
        return pairs * Heads * HeadDim;
    }

    /// <summary>Documents that hold tokens, the longest first, so that no long one is left for the end.</summary>
    internal static int[] LongestFirst(SequenceBoundaries boundaries)
    {
        var documents = Enumerable.Range(0, boundaries.Count).Where(i => boundaries.Length(i) > 0).ToArray();
        Array.Sort(documents, (a, b) => boundaries.Length(b) != boundaries.Length(a)
            ? boundaries.Length(b).CompareTo(boundaries.Length(a))
            : a.CompareTo(b));
        return documents;
    }
}
