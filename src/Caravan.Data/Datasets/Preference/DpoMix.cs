using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Preference;

/// <summary>DPO mix: a small mixture of Argilla's preference sets.</summary>
public sealed class DpoMix : ReadyPairs
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "dpo_mix_7k",
        Title = "Argilla's mixture of preference sets",
        Homepage = "https://huggingface.co/datasets/argilla/dpo-mix-7k",
        Licence = Licence.Mit,
        Size = "6,750 pairs",
        Version = 3,
        Files =
        [
            new("train.parquet",
                "https://huggingface.co/datasets/argilla/dpo-mix-7k/resolve/main/data/train-00000-of-00001.parquet"),
        ],
    };

    protected override string Source => Capybara.ArgillaSource;
}
