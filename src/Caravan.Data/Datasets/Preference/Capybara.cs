using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Preference;

/// <summary>Capybara: conversations of several turns, two models' last answers judged by a third.</summary>
public sealed class Capybara : ReadyPairs
{
    /// <summary>What the records of both of Argilla's sets give as their source.</summary>
    internal const string ArgillaSource = "argilla-capybara";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "capybara",
        Title = "Capybara, conversations of several turns",
        Homepage = "https://huggingface.co/datasets/argilla/distilabel-capybara-dpo-7k-binarized",
        Licence = Licence.Apache2,
        Size = "about 7,500 pairs",
        Version = 3,
        Files =
        [
            new("train.parquet",
                "https://huggingface.co/datasets/argilla/distilabel-capybara-dpo-7k-binarized/resolve/main/data/" +
                "train-00000-of-00001.parquet"),
        ],
    };

    protected override string Source => ArgillaSource;
}
