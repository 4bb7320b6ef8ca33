using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>Extents and strides of an attention over packed documents, in elements.</summary>
/// <param name="Window">Tokens a query sees, itself included: query i sees the keys i − Window + 1 … i.</param>
internal readonly record struct AttentionShape(int Tokens, int Heads, int KeyValueHeads, int HeadDim, int Window)
{
    /// <summary>Queries and keys of one block of scores.</summary>
    internal const int Block = 64;

    // More than any document, and far enough from the greatest int for sums.
    private const int NoWindow = 1 << 30;

    private const int Lanes = 16;

    /// <param name="window">Null for no bound.</param>
    internal static AttentionShape Of(Tensor queries, Tensor keys, int? window) => new(
        (int)queries.Size(0), (int)queries.Size(1), (int)keys.Size(1), (int)queries.Size(2),
        Math.Min(window ?? NoWindow, NoWindow));

    /// <summary>Query heads that share one head of keys and values.</summary>
    internal int Group => Heads / KeyValueHeads;

    /// <summary>head_dim rounded up to whole vectors.</summary>
    internal int PaddedDim => Pad(HeadDim);

    /// <summary>From a token's queries to the next one's.</summary>
    internal int QueryStride => Heads * HeadDim;

    /// <summary>From a token's keys to the next one's.</summary>
    internal int KeyStride => KeyValueHeads * HeadDim;

    /// <summary>From a query's greatest score to the logarithm of its sum, in [2, heads, tokens].</summary>
    internal nint Statistics => (nint)Heads * Tokens;

    internal static int Pad(int count) => (count + Lanes - 1) & -Lanes;

    /// <summary>The first key that a query sees, both counted within the document.</summary>
    internal int FirstKey(int query) => Math.Max(0, query - Window + 1);

    /// <summary>Multiplications and additions of one product of scores over all documents: only of what is seen.
    /// </summary>
    internal long Work(SequenceBoundaries boundaries)
    {
        long pairs = 0;
        for (var i = 0; i < boundaries.Count; i++)
        {
            long length = boundaries.Length(i), seen = Math.Min(length, Window);
            pairs += seen * (seen + 1) / 2 + (length - seen) * seen;
        }
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
