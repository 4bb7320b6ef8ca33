using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// UltraInteract: trees of reasoning steps; of each tree one pair is kept, the one with the longest way to it or, on
/// request, any.
/// </summary>
public sealed class UltraInteract : PreferenceDataset
{
    private const string Longest = "longest";
    private const string Random = "random";
    private static readonly string[] Tasks = ["Coding", "Math_CoT", "Math_PoT", "Logic"];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "ultrainteract",
        Title = "UltraInteract, reasoning steps in code, mathematics and logic",
        Homepage = "https://huggingface.co/datasets/openbmb/UltraInteract_pair",
        Licence = Licence.Mit,
        Size = "one pair for each of its trees",
        Unit = "pair",
        Version = 2,
        Options =
        [
            new("pair", Longest, $"{Longest}: of each tree the pair with the longest way to it; {Random}: any one"),
            new("task", "all", $"{string.Join(", ", Tasks)}, or all of them"),
        ],
    };

    protected override bool Trims(ConversionRun run) => false;

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var parquet = run.Raw.Match("*.parquet");
        var locations = parquet.Count > 0 ? parquet : [run.Raw.Need("train.jsonl")];
        var task = run.Choice("task", ["all", .. Tasks]);
        var draws = run.Choice("pair", Longest, Random) == Random ? run.Draws("pair") : null;
        return OneOfEachTree(run, run.Map<Candidate>(locations, null, (source, candidates) =>
        {
            var its = source.Text("task");
            if (task == "all" ? Tasks.Contains(its) : its == task)
                candidates.Add(Read(source, its, draws));
            else
                source.Skip("other_task");
        }));
    }

    private Candidate Read(SourceRecord source, string task, SeededDraws? draws)
    {
        var trajectory = source.Array("trajectory").EnumerateArray().Select((turn, i) => new ChatMessage(
            source.Text(turn, "from", $"trajectory[{i}].from") == "user" ? "user" : "assistant",
            source.Text(turn, "value", $"trajectory[{i}].value"))).ToArray();
        var parent = source.Text("parent_id");
        var pair = new PreferenceRecord(
            Card.Slug, source.Text("id"),
            [.. trajectory, new ChatMessage("assistant", source.Text("chosen"))],
            [.. trajectory, new ChatMessage("assistant", source.Text("rejected"))])
        {
            OtherKeys = $"{OtherKeys.Text("task", task)}, {OtherKeys.Text("parent_id", parent)}",
            Origin = source.Origin,
        };
        return new Candidate($"{task}/{parent}", draws?.At(source.Ordinal) ?? trajectory.Length, pair);
    }

    // The highest rank wins, and of equals the first: no more than one pair of each tree is in memory.
    private static IEnumerable<PreferenceRecord> OneOfEachTree(ConversionRun run, IEnumerable<Candidate> candidates)
    {
        var best = new OrderedDictionary<string, Candidate>();
        foreach (var candidate in candidates)
        {
            if (!best.TryGetValue(candidate.Tree, out var other))
                best.Add(candidate.Tree, candidate);
            else
            {
                run.Tally.Drop("another_of_the_tree", candidate.Pair.Origin);
                best[candidate.Tree] = candidate.Rank > other.Rank ? candidate : other;
            }
        }
        foreach (var winner in best.Values)
            yield return winner.Pair;
    }

    private sealed record Candidate(string Tree, double Rank, PreferenceRecord Pair);
}
