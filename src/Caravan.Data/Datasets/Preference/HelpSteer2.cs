using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// HelpSteer2: the best against the worst answer of each prompt, by the mean of all marks or by Nvidia's weights.
/// </summary>
public sealed class HelpSteer2 : PreferenceDataset
{
    private static readonly Dictionary<string, double> Means = new()
    {
        ["helpfulness"] = .2, ["correctness"] = .2, ["coherence"] = .2, ["complexity"] = .2, ["verbosity"] = .2,
    };

    private static readonly Dictionary<string, double> Weighted = new()
    {
        ["helpfulness"] = .65, ["correctness"] = .8, ["coherence"] = .45, ["complexity"] = .55, ["verbosity"] = -.4,
    };

    public override DatasetCard Card { get; } = new()
    {
        Slug = "helpsteer2",
        Title = "HelpSteer2, answers marked by people",
        Homepage = "https://huggingface.co/datasets/nvidia/HelpSteer2",
        Licence = Licence.CcBy4,
        Size = "about 10,000 pairs",
        Unit = "answer",
        Files = [new(
            "train.jsonl.gz", "https://huggingface.co/datasets/nvidia/HelpSteer2/resolve/main/train.jsonl.gz")],
        Options = [new("score", "mean", "mean of all marks, or weighted as for Nvidia's 70B reward model")],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var weights = run.Choice("score", "mean", "weighted") == "mean" ? Means : Weighted;
        foreach (var group in ScoredAnswers.Groups(run, [run.Raw.Need("train.jsonl")]))
        {
            double Score(ScoredAnswers answer) => weights.Sum(weight => weight.Value * answer.Marks[weight.Key]);
            var ranked = group.OrderByDescending(Score).ToList();
            var margin = Score(ranked[0]) - Score(ranked[^1]);
            if (margin <= 1e-9)
                run.Tally.Drop("tie", ranked[0].Origin);
            else
                yield return Pair(ranked[0].Origin, ranked[0].Prompt, ranked[0].Answer, ranked[^1].Answer, margin);
        }
    }
}
