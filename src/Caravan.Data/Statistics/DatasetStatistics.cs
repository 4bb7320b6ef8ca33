namespace Caravan.Data.Statistics;

/// <summary>
/// What a training set is made of, as a table or a report shows it. One of these describes one dataset or all together.
/// </summary>
public sealed record DatasetStatistics
{
    /// <summary>The dataset's name, or <c>all</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Examples.</summary>
    public required int Records { get; init; }

    /// <summary>User messages of a record.</summary>
    public required LengthSummary Rounds { get; init; }

    /// <summary>Tokens of a record, after truncation.</summary>
    public required LengthSummary Tokens { get; init; }

    /// <summary>Tokens of a record that carry loss.</summary>
    public required LengthSummary TargetTokens { get; init; }

    /// <summary>Records that were cut to the length limit.</summary>
    public required int Truncated { get; init; }

    /// <summary>
    /// One for each dataset in the set, by first appearance, and last, if there are several, one for all.
    /// </summary>
    public static IReadOnlyList<DatasetStatistics> Of(TrainingSet set)
    {
        var datasets = set.Examples.GroupBy(example => example.Dataset);
        var parts = datasets.Select(group => Of(group.Key, [.. group])).ToList();
        if (parts.Count != 1)
            parts.Add(Of("all", set.Examples));
        return parts;
    }

    private static DatasetStatistics Of(string name, IReadOnlyList<TrainingExample> examples) => new()
    {
        Name = name,
        Records = examples.Count,
        Rounds = LengthSummary.Of(examples.Select(example => example.Rounds)),
        Tokens = LengthSummary.Of(examples.Select(example => example.InputIds.Length)),
        TargetTokens = LengthSummary.Of(examples.Select(example => example.TargetTokens)),
        Truncated = examples.Count(example => example.Truncated),
    };
}
