using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Open Assistant 1: trees of messages by volunteers, in 35 languages. A record is a path from a tree's root to an
/// assistant message; <see cref="ConversationTree"/> says which paths. The hub's flat table of messages is read where
/// the file of trees is not there.
/// </summary>
public sealed class Oasst1 : InstructionDataset
{
    private const string Trees = "2023-04-12_oasst_ready.trees.jsonl";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "oasst1",
        Title = "Open Assistant conversations, written by volunteers",
        Homepage = "https://huggingface.co/datasets/OpenAssistant/oasst1",
        Licence = Licence.Apache2,
        Size = "34,795; 7,708 in Tülu v2",
        Unit = "message",
        Files =
        [
            new("2023-04-12_oasst_ready.trees.jsonl.gz",
                "https://huggingface.co/datasets/OpenAssistant/oasst1/resolve/main/" +
                "2023-04-12_oasst_ready.trees.jsonl.gz"),
            new("oasst1_train.parquet",
                "https://huggingface.co/datasets/OpenAssistant/oasst1/resolve/refs%2Fconvert%2Fparquet/default/train/" +
                "0000.parquet", Optional: true),
        ],
        Options =
        [
            new("top_k_reply", "none", "go on with only the best so many replies of each message"),
            new("walk", "leaves", "leaves: one record a thread; answers: one for every answer in it, as Tülu 1 did"),
            new("order_by", "quality", "what the best reply is: quality, or rank"),
            new("lang", "all", "take only trees whose prompt is in this language, such as en"),
            new("quality_scores", "false",
                "write each message's quality and their mean as well, quality_scores and avg_quality_score"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var rule = new ConversationTree.Rule(
            TopK: run.Number("top_k_reply"),
            EveryAnswer: run.Choice("walk", "leaves", "answers") == "answers",
            ByRank: run.Choice("order_by", "quality", "rank") == "rank",
            WithQualities: run.Flag("quality_scores"),
            AsReference: run.AsReference);
        var language = run.Settings.Option(Card, "lang");
        if (run.Raw.Find(Trees) is not { } trees)
        {
            string[] tables = [.. run.Raw.Match("*.parquet"), .. run.Raw.Match("*.jsonl")];
            return FlatTable(run, tables.Length > 0 ? tables : [run.Raw.Need(Trees)], rule, language);
        }
        return run.Records([trees], null, (source, records) =>
        {
            var root = SourceRecord.Find(source.Root, "prompt")
                ?? throw source.Fault(RecordFault.NoMessages, "prompt: missing; expected the tree's first message.");
            if (root.ValueKind != JsonValueKind.Object)
                throw source.Fault(RecordFault.NoMessages, $"prompt: expected an object, found {JsonText.Kind(root)}.");
            AddTree(source, root, records, rule, language);
        }, countsUnits: true);
    }

    private IEnumerable<RecordBatch> FlatTable(
        ConversionRun run, string[] locations, ConversationTree.Rule rule, string language)
    {
        var options = new JsonDocumentOptions { MaxDepth = MessageTable.DeepestNesting };
        foreach (var (origin, json) in MessageTable.Trees(run, locations))
        {
            using var tree = JsonDocument.Parse(json, options);
            var source = new SourceRecord
            {
                Root = tree.RootElement, Origin = origin, Ordinal = 0, Dataset = Card.Slug, Tally = run.Tally,
            };
            var batch = new RecordBatch(run.Settings.Ascii);
            AddTree(source, tree.RootElement, batch, rule, language);
            yield return batch;
        }
    }

    private void AddTree(
        SourceRecord source, JsonElement root, RecordBatch records, ConversationTree.Rule rule, string language)
    {
        source.Tally.Read += ConversationTree.Size(root);
        if (language != "all" && source.OptionalText(root, "lang", "prompt.lang") != language)
        {
            source.Skip("other_language", ConversationTree.Size(root));
            return;
        }
        foreach (var (messages, qualities) in new ConversationTree(source, rule).Paths(root))
        {
            records.Add(new InstructionRecord(Card.Slug, "", messages)
            {
                Origin = source.Origin,
                OtherKeys = rule.WithQualities
                    ? OtherKeys.Numbers("quality_scores", qualities) + ", " +
                        OtherKeys.Number("avg_quality_score", qualities.Average())
                    : null,
            });
        }
    }
}
