using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Encoding;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>Dolly: questions and answers that Databricks' employees wrote.</summary>
public sealed class Dolly() : TaskDataset("instruction", "context", "response")
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "dolly",
        Title = "Databricks Dolly 15k, written by people",
        Homepage = "https://huggingface.co/datasets/databricks/databricks-dolly-15k",
        Licence = Licence.CcBySa3,
        Size = "15,011",
        Files =
        [
            new("databricks-dolly-15k.jsonl",
                "https://huggingface.co/datasets/databricks/databricks-dolly-15k/resolve/main/databricks-dolly-15k.jsonl"),
        ],
    };
}
