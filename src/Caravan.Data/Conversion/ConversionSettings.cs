using Caravan.Files;

namespace Caravan.Data.Conversion;

/// <summary>What decides a conversion's outcome besides the raw files.</summary>
public sealed record ConversionSettings
{
    /// <summary>The seed of every draw; each dataset draws from a sequence of its own.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Whose selection of records to follow.</summary>
    public Compatibility Compatibility { get; init; }

    /// <summary>
    /// How many unusable records may be skipped and counted; 0, the default, stops at the first.
    /// </summary>
    public long SkipInvalid { get; init; }

    /// <summary>Keep pairs whose sides differ before their last message, counted as warnings.</summary>
    public bool AllowDivergentPrompt { get; init; }

    /// <summary>Stop at bytes that are not UTF-8 instead of replacing and counting them.</summary>
    public bool StrictUtf8 { get; init; }

    /// <summary>Leave out records with an assistant message that is blank.</summary>
    public bool DropEmpty { get; init; }

    /// <summary>Escape everything that is not ASCII, as open-instruct's files do.</summary>
    public bool Ascii { get; init; }

    /// <summary>Values for the dataset's own options, by name; see <see cref="DatasetCard.Options"/>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Counts a text's tokens, without special ones; needed by datasets that are split by length. It is called from
    /// several threads.
    /// </summary>
    public Func<string, int>? CountTokens { get; init; }

    /// <summary>Threads to convert on; the outcome does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The option's value, or its default.</summary>
    /// <exception cref="BadInputException">An option is given that the dataset does not have.</exception>
    internal string Option(DatasetCard card, string name)
    {
        RequireKnownOptions(card);
        return Options.GetValueOrDefault(name, card.Options.First(option => option.Name == name).Default);
    }

    /// <exception cref="BadInputException">An option is given that the dataset does not have.</exception>
    internal void RequireKnownOptions(DatasetCard card)
    {
        foreach (var given in Options.Keys)
        {
            if (!card.Options.Any(option => option.Name == given))
            {
                var known = string.Join(", ", card.Options.Select(option => option.Name));
                throw new BadInputException(
                    $"Dataset {card.Slug} has no option \"{given}\"; it has {(known.Length == 0 ? "none" : known)}.");
            }
        }
    }
}
