using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Encoding;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>GPT4-Alpaca: Alpaca's instructions answered by GPT-4, in English and, on request, in Chinese.</summary>
public sealed class Gpt4Alpaca : TaskDataset
{
    private const string Source = "https://github.com/Instruction-Tuning-with-GPT-4/GPT-4-LLM/raw/main/data/";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "gpt4_alpaca",
        Title = "Alpaca's instructions answered by GPT-4",
        Homepage = "https://github.com/Instruction-Tuning-with-GPT-4/GPT-4-LLM",
        Licence = Licence.CcByNc4,
        Size = "52,002 English; 20,000 in Tülu v2",
        Files =
        [
            new("alpaca_gpt4_data.json", Source + "alpaca_gpt4_data.json"),
            new("alpaca_gpt4_data_zh.json", Source + "alpaca_gpt4_data_zh.json", Optional: true),
        ],
        Options =
        [
            new("load_en", "true", "take the English records"),
            new("load_zh", "false", "take the Chinese records, after the English ones"),
            new("num_examples", "all", "how many to draw"),
        ],
    };

    protected override IReadOnlyList<string> Locations(ConversionRun run)
    {
        var locations = new List<string>();
        if (run.Flag("load_en"))
            locations.Add(run.Raw.Need(Card.Files[0].Name));
        if (run.Flag("load_zh"))
            locations.Add(run.Raw.Need(Card.Files[1].Name));
        return locations;
    }

    protected override int? SampleSize(ConversionRun run) => run.Number("num_examples");
}
