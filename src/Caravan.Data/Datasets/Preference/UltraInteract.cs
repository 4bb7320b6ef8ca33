using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// UltraInteract: trees of reasoning steps; of each tree the pair with the longest way to it is kept.
/// </summary>
public sealed class UltraInteract : PreferenceDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "ultrainteract",
        Title = "UltraInteract, reasoning steps in code, mathematics and logic",
        Homepage = "https://huggingface.co/datasets/openbmb/UltraInteract_pair",
        Licence = Licence.Mit,
        Size = "one pair for each of its trees",
        Unit = "pair",
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var parquet = run.Raw.Match("*.parquet");
        var locations = parquet.Count > 0 ? parquet : [run.Raw.Need("train.jsonl")];
        var pairs = run.Map<(string Tree, PreferenceRecord Record)>(locations, null, (source, records) =>
        {
            var trajectory = source.Array("trajectory").EnumerateArray().Select((turn, i) => new ChatMessage(
                source.Text(turn, "from", $"trajectory[{i}].from") == "user" ? "user" : "assistant",
                source.Text(turn, "value", $"trajectory[{i}].value"))).ToArray();
            var pair = new PreferenceRecord(
                Card.Slug, source.Text("id"),
                [.. trajectory, new ChatMessage("assistant", source.Text("chosen"))],
                [.. trajectory, new ChatMessage("assistant", source.Text("rejected"))])
            {
                Origin = source.Origin,
            };
            records.Add(($"{source.Text("task")}/{source.Text("parent_id")}", pair));
        });
        foreach (var tree in pairs.GroupBy(pair => pair.Tree, pair => pair.Record))
        {
            var longest = tree.MaxBy(record => record.Chosen.Count)!;
            run.Tally.Drop("shorter_way", longest.Origin, tree.Count() - 1);
            yield return longest;
        }
    }
}
