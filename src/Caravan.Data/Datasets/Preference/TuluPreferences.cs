using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// Tülu 2.5's preferences as published, ready pairs in one split for each of their sources. The raw folder holds the
/// split's files, <c>split*.parquet</c> or <c>split*.jsonl</c>.
/// </summary>
public sealed class TuluPreferences : ReadyPairs
{
    private const string Best = "ultrafeedback_mean_aspects";

    private static readonly string[] Splits =
    [
        "alpaca_farm_gpt4_pref", "alpaca_farm_human_pref", "argilla_dpo_mix", "capybara", "chatbot_arena_2023",
        "chatbot_arena_2024", "helpsteer", "hh_rlhf", "hh_rlhf_60k", "nectar", "nectar_60k", "orca_dpo_pairs",
        "preference_big_mixture", "prm800k_pairs_phase2", "shp_2", "stack_exchange_60k", "stack_exchange_paired",
        "ultrafeedback_evol_instruct", "ultrafeedback_false_qa", "ultrafeedback_flan_v2", "ultrafeedback_sharegpt",
        "ultrafeedback_truthful_qa", "ultrafeedback_ultrachat", "ultrafeedback_lower_10k", "ultrafeedback_middle_10k",
        "ultrafeedback_top_10k", Best, "ultrafeedback_overall",
    ];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "tulu_2_5_preferences",
        Title = "Tülu 2.5's preferences, one split for each source",
        Homepage = "https://huggingface.co/datasets/allenai/tulu-2.5-preference-data",
        Licence = Licence.OdcBy,
        Size = "60,908 pairs in the best split",
        Version = 2,
        Files =
        [
            .. Splits.Select(split => new RemoteFile($"{split}.jsonl",
                "https://huggingface.co/datasets/allenai/tulu-2.5-preference-data/resolve/main/data/" +
                $"{split}-00000-of-00001.jsonl", Optional: split != Best)),
        ],
        Options = [new("split", Best, "which split: " + string.Join(", ", Splits))],
    };

    protected override bool Shuffles(ConversionRun run) => false;

    protected override IReadOnlyList<string> Locations(ConversionRun run)
    {
        var split = run.Choice("split", Splits);
        // The name of one split is the beginning of another's.
        var longer = Splits.Where(other => other.StartsWith(split + "_", StringComparison.Ordinal)).ToList();
        string[] found = [.. Files(run, split + "*", $"{split}.jsonl").Where(path =>
            !longer.Exists(other => Path.GetFileName(path).StartsWith(other, StringComparison.Ordinal)))];
        return found.Length > 0
            ? found : throw new BadInputException($"{run.Raw.Path}: no file of the split {split} is there.");
    }
}
