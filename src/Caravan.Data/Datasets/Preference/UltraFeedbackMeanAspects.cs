using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Preference;

/// <summary>UltraFeedback, binarized by the mean of its four aspects (Argilla): Tülu 2.5's best preferences.</summary>
public sealed class UltraFeedbackMeanAspects : ReadyPairs
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "ultrafeedback_mean_aspects",
        Title = "UltraFeedback, by the mean of its aspects",
        Homepage = "https://huggingface.co/datasets/argilla/ultrafeedback-binarized-preferences-cleaned",
        Licence = Licence.Mit,
        Size = "60,908 pairs",
        Version = 3,
        Files =
        [
            new("train.parquet",
                "https://huggingface.co/datasets/argilla/ultrafeedback-binarized-preferences-cleaned/resolve/main/" +
                "data/train-00000-of-00001.parquet"),
        ],
    };

    protected override (string Chosen, string Rejected) Scores => ("chosen-rating", "rejected-rating");
}
