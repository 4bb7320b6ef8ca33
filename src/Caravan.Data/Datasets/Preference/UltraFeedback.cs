using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// UltraFeedback, binarized by overall score and cleaned of TruthfulQA's prompts: Tülu 2's preferences.
/// </summary>
public sealed class UltraFeedback : ReadyPairs
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "ultrafeedback_cleaned",
        Title = "UltraFeedback, binarized and cleaned",
        Homepage = "https://huggingface.co/datasets/allenai/ultrafeedback_binarized_cleaned",
        Licence = Licence.Mit,
        Size = "60,829 pairs",
        Version = 2,
        Files =
        [
            new("train_prefs.parquet",
                "https://huggingface.co/datasets/allenai/ultrafeedback_binarized_cleaned/resolve/main/data/" +
                "train_prefs-00000-of-00001.parquet"),
        ],
    };

    protected override bool Shuffles(ConversionRun run) => false;
}
