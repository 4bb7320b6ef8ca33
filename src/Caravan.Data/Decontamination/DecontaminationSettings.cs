using Caravan.Files;

namespace Caravan.Data.Decontamination;

/// <summary>What counts as a benchmark's question in the training data.</summary>
public sealed record DecontaminationSettings
{
    /// <summary>
    /// The number of tokens in a run that is looked for; null looks for whole questions. Questions shorter than a run
    /// are looked for whole.
    /// </summary>
    public int? NgramSize { get; init; }

    /// <summary>A record is contaminated if more than this part of some question is in it.</summary>
    public double? Threshold { get; init; }

    /// <summary>The messages that are searched.</summary>
    public IReadOnlyList<string> Roles { get; init; } = ["user"];

    public TextAnalyzer Analyzer { get; init; }

    /// <exception cref="BadInputException">A value is out of range.</exception>
    internal void Validate()
    {
        if (NgramSize is < 1 or > 1000)
            throw new BadInputException($"An n-gram of {NgramSize} tokens is impossible; expected 1 to 1000.");
        if (Threshold is < 0 or >= 1 || Threshold is { } t && double.IsNaN(t))
            throw new BadInputException($"A threshold of {Threshold} is impossible; expected from 0 up to below 1.");
        if (NgramSize is not null && Threshold is null)
        {
            throw new BadInputException(
                "Looking for n-grams needs a threshold: the part of a question, such as 0.5, above which a record is " +
                "contaminated.");
        }
        foreach (var role in Roles)
        {
            if (role is not ("system" or "user" or "assistant"))
                throw new BadInputException($"There is no role \"{role}\"; expected system, user or assistant.");
        }
    }
}
