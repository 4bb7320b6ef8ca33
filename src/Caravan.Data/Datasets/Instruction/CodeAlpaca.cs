using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Encoding;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>Code Alpaca: Alpaca's recipe for programming tasks.</summary>
public sealed class CodeAlpaca : TaskDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "code_alpaca",
        Title = "Code Alpaca, programming tasks by text-davinci-003",
        Homepage = "https://github.com/sahil280114/codealpaca",
        Licence = Licence.CcByNc4,
        Size = "20,022",
        Files =
        [
            new("code_alpaca_20k.json",
                "https://github.com/sahil280114/codealpaca/raw/master/data/code_alpaca_20k.json"),
        ],
    };
}
