using System.Collections;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// WildChat: Tülu 2.5's prompts for PPO, the first question and answer of English conversations with GPT-4 and, as far
/// as those do not suffice, GPT-3.5. Each question occurs once.
/// </summary>
public sealed class WildChat : InstructionDataset
{
    private const int Shards = 6;
    private const int FewestWords = 3;
    private const int MostWords = 500;
    private const int MostCharacters = 5000;

    public override DatasetCard Card { get; } = new()
    {
        Slug = "wildchat",
        Title = "WildChat, first questions for PPO",
        Homepage = "https://huggingface.co/datasets/allenai/WildChat",
        Licence = Licence.OdcBy,
        Size = "60,908 of about 500,000",
        Files =
        [
            .. Enumerable.Range(0, Shards).Select(shard => new RemoteFile($"train-{shard:00000}.parquet",
                "https://huggingface.co/datasets/allenai/WildChat/resolve/main/data/" +
                $"train-{shard:00000}-of-{Shards:00000}.parquet")),
        ],
        Options =
        [
            new("num_examples", "60908", "how many to draw"),
            new("spam_prefix", "As a prompt generator for a generative AI called", "leave out what begins with this"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var parquet = run.Raw.Match("*.parquet");
        var locations = parquet.Count > 0 ? parquet : [run.Raw.Need("train.parquet", "train.jsonl")];
        var spam = run.Settings.Option(Card, "spam_prefix");
        return Records(run, locations, spam, run.Number("num_examples"));
    }

    private IEnumerable<RecordBatch> Records(
        ConversionRun run, IReadOnlyList<string> locations, string spam, int? wanted)
    {
        var rehearsal = new ConversionRun(Card, run.Raw, run.Settings, run.Cancellation);
        var usable = rehearsal.Map<(int Row, bool IsGpt4, ulong Question)>(locations, null, (source, results) =>
        {
            if (Question(source, spam) is { } question)
                results.Add(((int)source.Ordinal, IsGpt4(source), TextHash.Of(question)));
        }).ToList();
        var seen = new HashSet<ulong>();
        var unique = usable.FindAll(row => seen.Add(row.Question));
        rehearsal.Tally.Skip("repeated_question", default, usable.Count - unique.Count);
        if (wanted > unique.Count)
            run.Tally.Warn("sample_larger_than_data", default);
        var parts = Draw(run, unique, Math.Min(wanted ?? unique.Count, unique.Count));
        rehearsal.Tally.Skip("not_sampled", default, unique.Count - parts.Sum(part => part.Count));
        Enter(rehearsal.Tally, run.Tally);
        var length = checked((int)rehearsal.Tally.Read);
        foreach (var part in parts)
        {
            foreach (var batch in run.Records(locations, new(Bits(part, length)), Convert))
                yield return batch;
        }
    }

    // GPT-4's come first; of each model's a random choice, in the files' order.
    private List<List<int>> Draw(ConversionRun run, List<(int Row, bool IsGpt4, ulong Question)> rows, int left)
    {
        var parts = new List<List<int>>();
        foreach (var isGpt4 in new[] { true, false })
        {
            var candidates = rows.FindAll(row => row.IsGpt4 == isGpt4);
            var count = Math.Min(left, candidates.Count);
            left -= count;
            var chosen = new SeededRandom(run.Settings.Seed, $"{Card.Slug}/{isGpt4}").Sample(candidates.Count, count);
            parts.Add([.. chosen.Order().Select(index => candidates[index].Row)]);
        }
        return parts;
    }

    // What was left out in the first pass is read once, in the books of the second.
    private static void Enter(Tally first, Tally books)
    {
        foreach (var (reason, count) in first.Skipped)
        {
            books.Skip(reason, default, count);
            books.Read += count;
        }
    }

    private static BitArray Bits(List<int> rows, int length)
    {
        var bits = new BitArray(length);
        foreach (var row in rows)
            bits[row] = true;
        return bits;
    }

    private static bool IsGpt4(SourceRecord source) =>
        (source.OptionalText("model") ?? "").StartsWith("gpt-4", StringComparison.OrdinalIgnoreCase);

    private static string? Question(SourceRecord source, string spam)
    {
        var turns = source.Array("conversation");
        string? reason = null;
        var question = "";
        if (!string.Equals(source.OptionalText("language"), "english", StringComparison.OrdinalIgnoreCase))
            reason = "other_language";
        else if (turns.GetArrayLength() < 2 || SourceRecord.Find(turns[0], "content") is null)
            reason = "no_answer";
        else if (source.OptionalText(turns[0], "role", "conversation[0].role") != "user")
            reason = "no_question_first";
        else
        {
            question = Whitespace.Trim(source.Text(turns[0], "content", "conversation[0].content"));
            if (Whitespace.CountWords(question) is < FewestWords or > MostWords || question.Length > MostCharacters)
                reason = "question_length";
            else if (spam.Length > 0 && question.StartsWith(spam, StringComparison.Ordinal))
                reason = "spam";
        }
        if (reason is null)
            return question;
        source.Skip(reason);
        return null;
    }

    private void Convert(SourceRecord source, RecordBatch records)
    {
        var turns = source.Array("conversation");
        var messages = turns.EnumerateArray().Take(2).Select((turn, i) => new ChatMessage(
            source.Text(turn, "role", $"conversation[{i}].role"),
            source.Text(turn, "content", $"conversation[{i}].content"))).ToArray();
        records.Add(new InstructionRecord(Card.Slug, "", messages) { Origin = source.Origin });
    }
}
