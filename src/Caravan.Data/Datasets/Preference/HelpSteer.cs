using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// HelpSteer: the answer with the best mean of helpfulness, correctness, coherence and complexity against a random
/// other. The reference sorts the wrong way round and so prefers the worst answer, which is repeated only on request.
/// </summary>
public sealed class HelpSteer : PreferenceDataset
{
    private static readonly string[] Counted = ["helpfulness", "correctness", "coherence", "complexity"];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "helpsteer",
        Title = "HelpSteer, answers marked by people",
        Homepage = "https://huggingface.co/datasets/nvidia/HelpSteer",
        Licence = Licence.CcBy4,
        Size = "about 9,270 pairs",
        Version = 3,
        Unit = "answer",
        Files = [new("train.jsonl.gz", "https://huggingface.co/datasets/nvidia/HelpSteer/resolve/main/train.jsonl.gz")],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        if (run.AsReference)
            run.Tally.Warn("worst_answer_chosen_as_in_the_reference", default);
        return Pairs(run, run.Raw.Need("train.jsonl"));
    }

    private IEnumerable<PreferenceRecord> Pairs(ConversionRun run, string location)
    {
        var random = new SeededRandom(run.Settings.Seed, $"{Card.Slug}/rejected");
        foreach (var group in ScoredAnswers.Groups(run, [location]))
        {
            static double Score(ScoredAnswers answer) => Counted.Average(aspect => answer.Marks[aspect]);
            var ranked = (run.AsReference ? group.OrderBy(Score) : group.OrderByDescending(Score)).ToList();
            var (chosen, rejected) = (ranked[0], ranked[1 + random.NextInt(ranked.Count - 1)]);
            if (!run.AsReference && Score(chosen) == Score(rejected))
                run.Tally.Drop("tie", chosen.Origin);
            else
                yield return Pair(
                    chosen.Origin, chosen.Prompt, chosen.Answer, rejected.Answer, Score(chosen) - Score(rejected));
        }
    }
}
