using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Datasets.Preference;
using Caravan.Files;

namespace Caravan.Data.Datasets;

/// <summary>Every dataset that can be converted, in the order in which they are listed.</summary>
public static class DatasetCatalogue
{
    /// <summary>The instruction datasets. A new one is added here.</summary>
    public static IReadOnlyList<InstructionDataset> Instruction { get; } =
    [
        new SuperNi(), new Cot(), new FlanV2(), new Dolly(), new SelfInstruct(), new UnnaturalInstructions(),
        new StanfordAlpaca(), new CodeAlpaca(), new Gpt4Alpaca(), new ShareGpt(), new Baize(), new Oasst1(), new Lima(),
        new WizardLm(), new OpenOrca(), new HardCoded(), new Science(), new OpenAlpaca(),
    ];

    /// <summary>The preference datasets.</summary>
    public static IReadOnlyList<PreferenceDataset> Preference { get; } =
    [
        new UltraFeedback(), new UltraFeedbackMeanAspects(), new HelpSteer(), new HelpSteer2(), new HhRlhf(),
        new Nectar(), new WebGpt(), new UltraInteract(), new Shp2(), new StackExchange(), new OrcaDpo(),
    ];

    /// <summary>All datasets, instruction data first.</summary>
    public static IEnumerable<Dataset> All => Instruction.Concat<Dataset>(Preference);

    /// <summary>The dataset of that slug, of either kind.</summary>
    /// <exception cref="BadInputException">There is none; the message lists the known ones.</exception>
    public static Dataset Find(string slug) => Find(All, slug, "dataset");

    /// <summary>The instruction dataset of that slug.</summary>
    /// <exception cref="BadInputException">There is none; the message lists the known ones.</exception>
    public static InstructionDataset FindInstruction(string slug) => Find(Instruction, slug, "instruction dataset");

    private static T Find<T>(IEnumerable<T> datasets, string slug, string kind)
        where T : Dataset
    {
        return datasets.FirstOrDefault(dataset => dataset.Card.Slug == slug) ?? throw new BadInputException(
            $"There is no {kind} \"{slug}\". " +
            $"Known are {string.Join(", ", datasets.Select(dataset => dataset.Card.Slug))}.");
    }
}
