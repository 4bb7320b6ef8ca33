using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// Nectar: seven ranked answers to a prompt; the first against a random other of a lower rank. By open-instruct's later
/// rule one of the best four against another, the prompt as it stands, and only some of the sources; there the rejected
/// answer may be the better one, which is repeated only on request.
/// </summary>
public sealed class Nectar : PreferenceDataset
{
    private const int Best = 4;
    private const string Human = "Human:";
    private const string Assistant = "Assistant:";
    private const string Deduplicated = "deduplicated";

    // The files of the set whose prompts are left out when deduplicating.
    private static readonly string[] UltraFeedbackParts =
        ["evol_instruct", "false_qa", "flan", "sharegpt", "truthful_qa", "ultrachat"];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "nectar",
        Title = "Nectar, answers ranked by GPT-4",
        Homepage = "https://huggingface.co/datasets/berkeley-nest/Nectar",
        Licence = Licence.Apache2,
        Size = "183,000 pairs",
        Version = 4,
        Files =
        [
            new("rlaif.parquet",
                "https://huggingface.co/datasets/berkeley-nest/Nectar/resolve/main/data/rlaif.parquet"),
            .. UltraFeedbackParts.Select(part => new RemoteFile($"ultrafeedback/{part}.jsonl",
                $"https://huggingface.co/datasets/openbmb/UltraFeedback/resolve/main/{part}.jsonl", Optional: true)),
        ],
        Options =
        [
            new(PublishedRules.Option, PublishedRules.Tulu,
                $"{PublishedRules.Tulu}: the first answer; {PublishedRules.OpenInstruct}: one of the best four"),
            new("subset", "lmsys-chat-1m",
                $"with {PublishedRules.OpenInstruct}: the source to take, all, or {Deduplicated}, which leaves out " +
                "lmsys-chat-1m, anthropic-hh and UltraFeedback's prompts"),
        ],
    };

    protected override bool Trims(ConversionRun run) => !PublishedRules.AreOpenInstructs(run);

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var location = run.Raw.Need("rlaif.parquet", "rlaif.jsonl");
        if (!PublishedRules.AreOpenInstructs(run))
        {
            var draws = run.Draws("rejected");
            return run.Map<PreferenceRecord>([location], null, (source, records) => Add(
                source, records, Conversation(source), Answers(source), first: 1, draws, run.AsReference));
        }
        var subset = run.Settings.Option(Card, "subset");
        var known = subset == Deduplicated ? UltraFeedbackPrompts(run) : new([]);
        var choices = run.Draws("pair");
        return run.Map<PreferenceRecord>([location], null, (source, records) =>
        {
            var prompt = FlatPrompt(source.Text("prompt"));
            if (!IsWanted(source, subset))
                source.Skip("other_source");
            else if (known.Value.Contains(TextHash.Of(prompt)))
                source.Skip("prompt_of_ultrafeedback");
            else
            {
                var answers = Answers(source).Where(answer =>
                    !answer.Text.Contains(Human, StringComparison.Ordinal) &&
                    !answer.Text.Contains(Assistant, StringComparison.Ordinal)).ToList();
                Add(source, records, [new("user", prompt)], answers, Best, choices, run.AsReference);
            }
        });
    }

    // Chooses one of the first so many answers, and rejects one of a lower rank or, as in the reference, any other.
    private void Add(
        SourceRecord source, List<PreferenceRecord> records, List<ChatMessage> prompt, List<Ranked> answers,
        int first, SeededDraws draws, bool asReference)
    {
        bool IsWorse(Ranked other, Ranked chosen) =>
            asReference ? !ReferenceEquals(other, chosen) : other.Rank > chosen.Rank;
        var able = answers.Take(first).Where(chosen => answers.Any(other => IsWorse(other, chosen))).ToList();
        if (prompt.Count == 0 || able.Count == 0)
        {
            source.Skip(prompt.Count == 0 ? "no_prompt" : "no_worse_answer");
            return;
        }
        var chosen = able[draws.At(2 * source.Ordinal, able.Count)];
        var worse = answers.Where(other => IsWorse(other, chosen)).ToList();
        var rejected = worse[draws.At(2 * source.Ordinal + 1, worse.Count)];
        records.Add(new PreferenceRecord(Card.Slug, "",
            [.. prompt, new("assistant", chosen.Text)], [.. prompt, new("assistant", rejected.Text)])
        {
            OtherKeys = first == Best ? OtherKeys.Text("prompt", prompt[0].Content) : null,
            Origin = source.Origin,
        });
    }

    private static List<ChatMessage> Conversation(SourceRecord source)
    {
        var prompt = HhRlhf.Transcript(source.Text("prompt"), () => { });
        if (prompt is [.., { Role: "assistant" }])
            prompt.RemoveAt(prompt.Count - 1);
        return prompt;
    }

    // The markers are taken away only where they are the very first and last characters, as published.
    private static string FlatPrompt(string prompt)
    {
        if (prompt.StartsWith(Human, StringComparison.Ordinal))
            prompt = prompt[Human.Length..];
        return Whitespace.Trim(
            prompt.EndsWith(Assistant, StringComparison.Ordinal) ? prompt[..^Assistant.Length] : prompt);
    }

    private static bool IsWanted(SourceRecord source, string subset)
    {
        if (subset == "all")
            return true;
        string[] sources = [.. source.Array("source").EnumerateArray().Select(name => source.Text(name, "source[]"))];
        // Deduplication looks at the first source alone, as published.
        return subset == Deduplicated
            ? sources is [not ("lmsys-chat-1m" or "anthropic-hh"), ..]
            : sources is [var only] && only == subset;
    }

    private static Lazy<HashSet<ulong>> UltraFeedbackPrompts(ConversionRun run)
    {
        string[] locations = [.. UltraFeedbackParts.Select(part => run.Raw.Need($"ultrafeedback/{part}.jsonl"))];
        var rehearsal = new ConversionRun(run.Card, run.Raw, run.Settings, run.Cancellation);
        return new(() => rehearsal.Map<ulong>(locations, null, (source, results) =>
            results.Add(TextHash.Of(Whitespace.Trim(source.Text("instruction"))))).ToHashSet());
    }

    // Best first; the sort is stable.
    private static List<Ranked> Answers(SourceRecord source) =>
    [
        .. source.Array("answers").EnumerateArray()
            .Select((answer, i) => new Ranked(
                source.Text(answer, "answer", $"answers[{i}].answer"), Rank(source, answer, i)))
            .OrderBy(answer => answer.Rank),
    ];

    private static double Rank(SourceRecord source, JsonElement answer, int index) =>
        SourceRecord.Find(answer, "rank") is { ValueKind: JsonValueKind.Number } rank
            ? rank.GetDouble()
            : throw source.Fault(RecordFault.NoContent, $"answers[{index}].rank: expected a number.");

    private sealed record Ranked(string Text, double Rank);
}
