using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// HH-RLHF: two transcripts of the same conversation that part at some answer. What is common is the prompt, the first
/// messages that differ are the answers, and what follows them is left out. Open-instruct's later rule takes two of the
/// four parts, and from each transcript whole turns as they stand, with the chosen ones as <c>messages</c> once more.
/// </summary>
public sealed class HhRlhf : PreferenceDataset
{
    private const string Human = "Human:";
    private const string Assistant = "Assistant:";
    private const string HumanTurn = "\n\nHuman: ";
    private const string AssistantTurn = "\n\nAssistant: ";
    private static readonly string[] Later = ["harmless-base", "helpful-base"];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "hh_rlhf",
        Title = "Anthropic's helpful and harmless preferences",
        Homepage = "https://huggingface.co/datasets/Anthropic/hh-rlhf",
        Licence = Licence.Mit,
        Size = "158,000 pairs",
        Version = 3,
        Files =
        [
            .. new[] { "harmless-base", "helpful-base", "helpful-online", "helpful-rejection-sampled" }
                .Select(part => new RemoteFile($"{part}.jsonl.gz",
                    $"https://huggingface.co/datasets/Anthropic/hh-rlhf/resolve/main/{part}/train.jsonl.gz")),
        ],
        Options =
        [
            new(PublishedRules.Option, PublishedRules.Tulu,
                $"{PublishedRules.Tulu}: all parts, up to the first answer that differs; " +
                $"{PublishedRules.OpenInstruct}: the base parts, whole transcripts, untrimmed"),
        ],
    };

    protected override bool Trims(ConversionRun run) => !PublishedRules.AreOpenInstructs(run);

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var later = PublishedRules.AreOpenInstructs(run);
        string[] locations = [.. Card.Files.Select(file => Path.ChangeExtension(file.Name, null))
            .Where(name => !later || Later.Contains(Path.GetFileNameWithoutExtension(name)))
            .Select(name => run.Raw.Need(name))];
        return run.Map<PreferenceRecord>(locations, null, later ? WholeTurns : FirstDifference);
    }

    private void FirstDifference(SourceRecord source, List<PreferenceRecord> records)
    {
        var chosen = Transcript(source, "chosen");
        var rejected = Transcript(source, "rejected");
        var common = chosen.Zip(rejected).TakeWhile(pair => pair.First == pair.Second).Count();
        if (common == chosen.Count || common == rejected.Count)
            source.Skip("one_is_the_beginning_of_the_other");
        else
        {
            records.Add(new PreferenceRecord(Card.Slug, "", chosen[..(common + 1)], rejected[..(common + 1)])
            {
                Origin = source.Origin,
            });
        }
    }

    private void WholeTurns(SourceRecord source, List<PreferenceRecord> records)
    {
        var (chosen, rejected) = (Turns(source.Text("chosen")), Turns(source.Text("rejected")));
        if (chosen.Concat(rejected).Any(message => message.Content.Length == 0))
            source.Skip("empty_content");
        else
        {
            records.Add(new PreferenceRecord(Card.Slug, "", chosen, rejected)
            {
                OtherKeys = OtherKeys.Messages("messages", chosen),
                Origin = source.Origin,
            });
        }
    }

    // The n-th human marker belongs to the n-th marker of the assistant; one that is left over is text.
    internal static List<ChatMessage> Turns(string text)
    {
        var messages = new List<ChatMessage>();
        var turns = Places(text, HumanTurn).Zip(Places(text, AssistantTurn)).ToList();
        for (var i = 0; i < turns.Count; i++)
        {
            var (human, assistant) = turns[i];
            var end = i + 1 < turns.Count ? turns[i + 1].First : text.Length;
            messages.Add(new ChatMessage("user", Between(text, human + HumanTurn.Length, assistant)));
            messages.Add(new ChatMessage("assistant", Between(text, assistant + AssistantTurn.Length, end)));
        }
        return messages;
    }

    private static string Between(string text, int start, int end) => end > start ? text[start..end] : "";

    private static IEnumerable<int> Places(string text, string marker)
    {
        for (var at = 0; (at = text.IndexOf(marker, at, StringComparison.Ordinal)) >= 0; at += marker.Length)
            yield return at;
    }

    // The markers count wherever they stand; what follows a second answer's marker in one part is lost, as published.
    internal static List<ChatMessage> Transcript(string text, Action lost)
    {
        var messages = new List<ChatMessage>();
        foreach (var part in text.Split(Human).Skip(1))
        {
            var pieces = part.Split(Assistant);
            messages.Add(new ChatMessage("user", Whitespace.Trim(pieces[0])));
            if (pieces.Length > 1)
                messages.Add(new ChatMessage("assistant", Whitespace.Trim(pieces[1])));
            if (pieces.Length > 2)
                lost();
        }
        return messages;
    }

    private static List<ChatMessage> Transcript(SourceRecord source, string key) =>
        Transcript(source.Text(key), () => source.Tally.Normalise("second_answer_in_a_part", source.Origin));
}
