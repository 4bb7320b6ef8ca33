namespace Caravan.Data.Decontamination;

/// <summary>How much of a benchmark is in the training data.</summary>
public sealed record TestSetReport
{
    public required string TestSet { get; init; }

    /// <summary>Questions that were looked for.</summary>
    public required int Questions { get; init; }

    /// <summary>Questions left out because they have no text.</summary>
    public required int WithoutText { get; init; }

    /// <summary>Questions shorter than an n-gram, looked for whole.</summary>
    public required int ShortQuestions { get; init; }

    /// <summary>Questions that some record contaminates.</summary>
    public required int Found { get; init; }

    /// <summary>The mean over questions of the best record's score; 0 for questions that were not found.</summary>
    public required double MeanScore { get; init; }

    /// <summary>Records that this benchmark contaminates.</summary>
    public required int ContaminatedRecords { get; init; }
}
