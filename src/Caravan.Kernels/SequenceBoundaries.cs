namespace Caravan.Kernels;

/// <summary>
/// Where each document begins in a row of packed tokens: the field's <c>cu_seq_lens</c>. Document i holds the tokens
/// from <c>Offsets[i]</c> up to but without <c>Offsets[i + 1]</c>; no token sees another document.
/// </summary>
public sealed class SequenceBoundaries
{
    /// <param name="offsets">Starts with 0, never decreases, ends with the number of tokens.</param>
    public SequenceBoundaries(int[] offsets)
    {
        if (offsets.Length == 0 || offsets[0] != 0)
            throw new ArgumentException("the first offset must be 0", nameof(offsets));
        for (var i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1])
                throw new ArgumentException($"offset {i} is smaller than the one before it", nameof(offsets));
            MaxLength = Math.Max(MaxLength, offsets[i] - offsets[i - 1]);
        }
        Offsets = offsets;
    }

    /// <summary>One document of the given length.</summary>
    public static SequenceBoundaries Single(int length) => new([0, length]);

    public IReadOnlyList<int> Offsets { get; }

    /// <summary>Number of documents.</summary>
    public int Count => Offsets.Count - 1;

    /// <summary>Number of tokens of all documents.</summary>
    public int Tokens => Offsets[^1];

    /// <summary>Tokens of the longest document.</summary>
    public int MaxLength { get; }

    public int Start(int document) => Offsets[document];

    public int Length(int document) => Offsets[document + 1] - Offsets[document];
}
