using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// HelpSteer2: the best against the worst answer of each prompt, by the mean of all marks or by Nvidia's weights. The
/// scores of both stand in <c>avg_scores</c> or <c>weighted_scores</c>, rounded to two decimals.
/// </summary>
public sealed class HelpSteer2 : PreferenceDataset
{
    private static readonly Dictionary<string, double[]> Weights = new()
    {
        ["mean"] = [1, 1, 1, 1, 1],
        ["weighted"] = [.65, .8, .45, .55, -.4],
        ["weighted_340b"] = [.3, .74, .46, .47, -.33],
    };

    public override DatasetCard Card { get; } = new()
    {
        Slug = "helpsteer2",
        Title = "HelpSteer2, answers marked by people",
        Homepage = "https://huggingface.co/datasets/nvidia/HelpSteer2",
        Licence = Licence.CcBy4,
        Size = "about 10,000 pairs",
        Unit = "answer",
        Version = 2,
        Files = [new(
            "train.jsonl.gz", "https://huggingface.co/datasets/nvidia/HelpSteer2/resolve/main/train.jsonl.gz")],
        Options =
        [
            new("score", "mean", "mean of all marks; weighted as for Nvidia's 70B reward model; or weighted_340b"),
            new("aspects_to_ignore", "none", "marks that the mean leaves out, separated by commas"),
            new("min_score", "none", "the least score that a chosen answer must have"),
            new("margin", "none", "by how much it must be better than the rejected one"),
        ],
    };

    protected override bool Trims(ConversionRun run) => false;

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var scores = run.Choice("score", [.. Weights.Keys]) == "mean" ? "avg_scores" : "weighted_scores";
        return Pairs(
            run, run.Raw.Need("train.jsonl"), Score(run), scores, run.Real("min_score"), run.Real("margin"));
    }

    private IEnumerable<PreferenceRecord> Pairs(
        ConversionRun run, string location, Func<ScoredAnswers, double> score, string scores, double? least,
        double? leastMargin)
    {
        foreach (var group in ScoredAnswers.Groups(run, [location]))
        {
            var ranked = group.OrderByDescending(score).ToList();
            var (best, worst) = (ranked[0], ranked[^1]);
            var (high, low) = (score(best), score(worst));
            // The rounding of weighted sums makes a difference to the reference.
            if (run.AsReference ? high == low : high - low <= 1e-9)
                run.Tally.Drop("tie", best.Origin);
            else if (high < least)
                run.Tally.Drop("below_min_score", best.Origin);
            else if (high - low < leastMargin)
                run.Tally.Drop("below_margin", best.Origin);
            else
            {
                var rounded = (Chosen: Math.Round(high, 2), Rejected: Math.Round(low, 2));
                yield return Pair(best.Origin, best.Prompt, best.Answer, worst.Answer, high - low) with
                {
                    ScoreChosen = rounded.Chosen,
                    ScoreRejected = rounded.Rejected,
                    OtherKeys = OtherKeys.Text("prompt", best.Prompt) + ", " +
                        OtherKeys.Numbers(scores, [rounded.Chosen, rounded.Rejected]),
                };
            }
        }
    }

    private static Func<ScoredAnswers, double> Score(ConversionRun run)
    {
        var name = run.Choice("score", [.. Weights.Keys]);
        var ignored = run.Words("aspects_to_ignore", ScoredAnswers.Aspects);
        var counted = ScoredAnswers.Aspects.Zip(Weights[name], (aspect, weight) => (Aspect: aspect, Weight: weight))
            .Where(pair => !ignored.Contains(pair.Aspect)).ToList();
        // The weights of a reward model are as they are; those of a mean add up to 1.
        var total = name == "mean" ? counted.Count : 1;
        return answer => counted.Sum(pair => pair.Weight * answer.Marks[pair.Aspect]) / total;
    }
}
