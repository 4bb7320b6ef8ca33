using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Files;

namespace Caravan.Data.Datasets;

/// <summary>Every instruction dataset that can be converted, in the order in which they are listed.</summary>
public static class DatasetCatalogue
{
    /// <summary>The datasets. A new one is added here.</summary>
    public static IReadOnlyList<InstructionDataset> Instruction { get; } =
    [
        new SuperNi(), new Cot(), new FlanV2(), new Dolly(), new SelfInstruct(), new UnnaturalInstructions(),
        new StanfordAlpaca(), new CodeAlpaca(), new Gpt4Alpaca(), new ShareGpt(), new Baize(), new Oasst1(), new Lima(),
        new WizardLm(), new OpenOrca(), new HardCoded(), new Science(), new OpenAlpaca(),
    ];

    /// <summary>The dataset of that slug.</summary>
    /// <exception cref="BadInputException">There is none; the message lists the known ones.</exception>
    public static InstructionDataset Find(string slug) =>
        Instruction.FirstOrDefault(dataset => dataset.Card.Slug == slug) ?? throw new BadInputException(
            $"There is no dataset \"{slug}\". Known are {string.Join(", ", Instruction.Select(set => set.Card.Slug))}.");
}
