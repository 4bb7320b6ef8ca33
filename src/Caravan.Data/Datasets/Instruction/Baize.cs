using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Baize: ChatGPT talking to itself. A conversation is one text with an introduction, turns marked <c>[|Human|]</c> and
/// <c>[|AI|]</c>, and a dangling human mark at its end.
/// </summary>
public sealed class Baize : InstructionDataset
{
    private const string Human = "[|Human|]";
    private const string Assistant = "[|AI|]";
    private static readonly string[] Parts = ["alpaca", "medical", "quora", "stackoverflow"];

    public override DatasetCard Card { get; } = new()
    {
        Slug = "baize",
        Title = "Baize, ChatGPT talking to itself on four sets of topics",
        Homepage = "https://github.com/project-baize/baize-chatbot",
        Licence = new Licence("research only", LicenceUse.Research),
        Size = "210,311",
        Version = 2,
        Files =
        [
            .. Parts.Select(part => new RemoteFile($"{part}_chat_data.json",
                $"https://github.com/project-baize/baize-chatbot/raw/main/data/{part}_chat_data.json")),
        ],
        Options = [new("num_examples", "all", "how many to draw")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [.. Card.Files.Select(file => run.Raw.Need(file.Name))];
        var chosen = run.Choose(locations, run.Number("num_examples"));
        return run.Records(locations, chosen, (source, records) =>
        {
            var messages = Turns(source);
            if (messages.Count == 0)
                source.Skip("no_usable_turn");
            else
            {
                // The position among all, so that a record that is left out does not rename those behind it.
                records.Add(
                    new InstructionRecord(Card.Slug, $"{source.Ordinal}", messages) { Origin = source.Origin });
            }
        });
    }

    private static List<ChatMessage> Turns(SourceRecord source)
    {
        var messages = new List<ChatMessage>();
        foreach (var part in source.Text("input").Split(Human).Skip(1))
        {
            var answer = part.IndexOf(Assistant, StringComparison.Ordinal);
            if (Whitespace.IsBlank(part))
                continue;
            if (answer < 0)
            {
                source.Tally.Normalise("turn_without_answer", source.Origin);
                continue;
            }
            var rest = part[(answer + Assistant.Length)..];
            if (rest.Contains(Assistant, StringComparison.Ordinal))
                source.Tally.Normalise("second_answer_mark", source.Origin);
            messages.Add(new ChatMessage("user", Whitespace.Trim(part[..answer])));
            messages.Add(new ChatMessage("assistant", Whitespace.Trim(rest)));
        }
        return messages;
    }
}
