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

    /// <summary>The cards of all datasets, instruction data first.</summary>
    public static IEnumerable<DatasetCard> Cards =>
        Instruction.Select(dataset => dataset.Card).Concat(Preference.Select(dataset => dataset.Card));

    /// <summary>The card of the dataset of that slug, of either kind.</summary>
    /// <exception cref="BadInputException">There is none; the message lists the known ones.</exception>
    public static DatasetCard FindCard(string slug) =>
        Cards.FirstOrDefault(card => card.Slug == slug) ?? throw new BadInputException(
            $"There is no dataset \"{slug}\". Known are {string.Join(", ", Cards.Select(card => card.Slug))}.");

    /// <summary>The instruction dataset of that slug.</summary>
    /// <exception cref="BadInputException">There is none; the message lists the known ones.</exception>
    public static InstructionDataset Find(string slug) =>
        Instruction.FirstOrDefault(dataset => dataset.Card.Slug == slug) ?? throw new BadInputException(
            $"There is no instruction dataset \"{slug}\". " +
            $"Known are {string.Join(", ", Instruction.Select(set => set.Card.Slug))}.");
}
