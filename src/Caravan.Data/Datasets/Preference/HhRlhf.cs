using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// HH-RLHF: two transcripts of the same conversation that part at some answer. What is common is the prompt, the first
/// messages that differ are the answers, and what follows them is left out.
/// </summary>
public sealed class HhRlhf : PreferenceDataset
{
    private const string Human = "Human:";
    private const string Assistant = "Assistant:";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "hh_rlhf",
        Title = "Anthropic's helpful and harmless preferences",
        Homepage = "https://huggingface.co/datasets/Anthropic/hh-rlhf",
        Licence = Licence.Mit,
        Size = "158,000 pairs",
        Files =
        [
            .. new[] { "harmless-base", "helpful-base", "helpful-online", "helpful-rejection-sampled" }
                .Select(part => new RemoteFile($"{part}.jsonl.gz",
                    $"https://huggingface.co/datasets/Anthropic/hh-rlhf/resolve/main/{part}/train.jsonl.gz")),
        ],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        string[] locations = [.. Card.Files.Select(
            file => run.Raw.Need(file.Name, Path.ChangeExtension(file.Name, null)))];
        return run.Map<PreferenceRecord>(locations, null, (source, records) =>
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
        });
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
