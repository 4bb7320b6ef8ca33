using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// UltraFeedback, binarized by overall score (H4): of it, what has a prompt that is in Argilla's cleaned set as well.
/// </summary>
public sealed class UltraFeedbackOverall : ReadyPairs
{
    private const string Cleaned = "argilla_train.parquet";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "ultrafeedback_overall",
        Title = "UltraFeedback, by overall score",
        Homepage = "https://huggingface.co/datasets/HuggingFaceH4/ultrafeedback_binarized",
        Licence = Licence.Mit,
        Size = "about 58,900 pairs",
        Version = 3,
        Files =
        [
            new("train_prefs.parquet",
                "https://huggingface.co/datasets/HuggingFaceH4/ultrafeedback_binarized/resolve/main/data/" +
                "train_prefs-00000-of-00001.parquet"),
            new(Cleaned,
                "https://huggingface.co/datasets/argilla/ultrafeedback-binarized-preferences-cleaned/resolve/main/" +
                "data/train-00000-of-00001.parquet"),
        ],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var all = run.Raw.Need("train_prefs.parquet", "train_prefs.jsonl");
        var cleaned = run.Raw.Need(Cleaned, "argilla_train.jsonl");
        var rehearsal = new ConversionRun(run.Card, run.Raw, run.Settings, run.Cancellation);
        var prompts = new Lazy<HashSet<ulong>>(() => rehearsal.Map<ulong>([cleaned], null, (source, results) =>
            results.Add(TextHash.Of(Whitespace.Trim(source.Text("prompt"))))).ToHashSet());
        return run.Map<PreferenceRecord>([all], null, (source, records) =>
        {
            if (prompts.Value.Contains(TextHash.Of(Whitespace.Trim(source.Text("prompt")))))
                records.Add(Read(source));
            else
                source.Skip("not_in_the_cleaned_set");
        });
    }
}
