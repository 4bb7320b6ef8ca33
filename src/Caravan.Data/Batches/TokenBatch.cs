namespace Caravan.Data;

/// <summary>
/// A micro-batch without padding: its rows stand one after the other as a single sequence of tokens, and
/// <see cref="CuSeqLens"/> keeps them apart. Labels are shifted here once and for all: <see cref="Targets"/> at i is
/// the token that must follow token i in the same row, so a loss compares the logits at i with the target at i.
/// </summary>
public sealed record TokenBatch
{
    /// <summary>The label that means "no loss here".</summary>
    public const int NoLoss = -100;

    private TokenBatch(int tokens, int rows)
    {
        InputIds = new int[tokens];
        Targets = new int[tokens];
        PositionIds = new int[tokens];
        CuSeqLens = new int[rows + 1];
        RecordIds = new string[rows];
    }

    /// <summary>The tokens of all rows. [tokens]</summary>
    public int[] InputIds { get; }

    /// <summary>
    /// The next token where it carries loss, else <see cref="NoLoss"/>; always so at a row's end. [tokens]
    /// </summary>
    public int[] Targets { get; }

    /// <summary>0, 1, 2… anew in every row. [tokens]</summary>
    public int[] PositionIds { get; }

    /// <summary>Where rows begin and, last, where they end: 0, L₁, L₁+L₂… [rows + 1]</summary>
    public int[] CuSeqLens { get; }

    /// <summary>The records behind the rows. [rows]</summary>
    public string[] RecordIds { get; }

    /// <summary>How many targets carry loss.</summary>
    public int TargetTokens { get; private init; }

    /// <summary>The longest row.</summary>
    public int MaxLength { get; private init; }

    /// <summary>Puts examples into one batch, in the order given.</summary>
    public static TokenBatch Of(IReadOnlyList<TrainingExample> examples)
    {
        var total = examples.Sum(example => (long)example.InputIds.Length);
        if (total > Array.MaxLength)
            throw new ArgumentException($"{total} tokens do not fit into one batch.", nameof(examples));
        var batch = new TokenBatch((int)total, examples.Count)
        {
            TargetTokens = examples.Sum(example => example.TargetTokens),
            MaxLength = examples.Count == 0 ? 0 : examples.Max(example => example.InputIds.Length),
        };
        for (var row = 0; row < examples.Count; row++)
            batch.Fill(row, examples[row]);
        return batch;
    }

    private void Fill(int row, TrainingExample example)
    {
        var start = CuSeqLens[row];
        var length = example.InputIds.Length;
        example.InputIds.CopyTo(InputIds, start);
        example.Labels.AsSpan(Math.Min(1, length)).CopyTo(Targets.AsSpan(start));
        if (length > 0)
            Targets[start + length - 1] = NoLoss;
        for (var i = 0; i < length; i++)
            PositionIds[start + i] = i;
        CuSeqLens[row + 1] = start + length;
        RecordIds[row] = example.RecordId;
    }
}
