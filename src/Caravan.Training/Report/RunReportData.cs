namespace Caravan.Training.Report;

/// <summary>What a run report shows. Every part but the title may be empty and is then left out. All text may come from
/// anywhere, models included: the report escapes it.</summary>
public sealed record RunReportData
{
    public required string Title { get; init; }

    /// <summary>One or two sentences under the title.</summary>
    public string Summary { get; init; } = "";

    /// <summary>A few figures to read first: a name and a value each.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Highlights { get; init; } = [];

    /// <summary>By ascending step.</summary>
    public IReadOnlyList<ReportStep> Steps { get; init; } = [];

    /// <summary>Loss on held-out records, by ascending step.</summary>
    public IReadOnlyList<HeldOutPoint> HeldOutLoss { get; init; } = [];

    /// <summary>Another run, whose curves are drawn beside this one's.</summary>
    public ReportComparison? Comparison { get; init; }

    /// <summary>Right answers by kind of task, before and after training.</summary>
    public IReadOnlyList<TaskScore> TaskScores { get; init; } = [];

    public IReadOnlyList<SampleConversation> Samples { get; init; } = [];

    public ReportTable? DataStatistics { get; init; }

    /// <summary>The files that were learned from.</summary>
    public ReportTable? DataSources { get; init; }

    /// <summary>Names and values, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Configuration { get; init; } = [];

    /// <summary>Versions and machine: names and values, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];
}
