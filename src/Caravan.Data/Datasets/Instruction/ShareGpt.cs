using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// ShareGPT: conversations with ChatGPT that people shared. Long ones are split between pairs of messages so that each
/// piece fits a token budget (<see cref="ConversationSplitter"/>); pieces that do not strictly alternate between human
/// and gpt are left out.
/// </summary>
public sealed class ShareGpt : InstructionDataset
{
    private const string Source =
        "https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered/resolve/main/HTML_cleaned_raw_dataset/";

    // What a message costs besides its tokens: the beginning-of-sequence token, and six for its role header.
    private const int Overhead = 1 + 6;

    public override DatasetCard Card { get; } = new()
    {
        Slug = "sharegpt",
        Title = "ShareGPT, conversations with ChatGPT that people shared",
        Homepage = "https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered",
        Licence = new Licence("Apache-2.0 as listed; the texts' origin is unclear", LicenceUse.Unknown),
        Size = "168,864 at 2,048 tokens; 114,046 at 4,096",
        Unit = "message",
        Files =
        [
            new("sg_90k_part1_html_cleaned.json", Source + "sg_90k_part1_html_cleaned.json"),
            new("sg_90k_part2_html_cleaned.json", Source + "sg_90k_part2_html_cleaned.json"),
        ],
        Options =
        [
            new("max_length", "4096", "tokens that a piece may have, message headers included"),
            new("num_examples", "all", "how many pieces to draw"),
        ],
    };

    protected override IEnumerable<InstructionRecord> Records(ConversionRun run)
    {
        string[] locations = [.. Card.Files.Select(file => run.Raw.Need(file.Name))];
        var count = run.Settings.CountTokens ?? throw new BadInputException(
            "Dataset sharegpt is split by tokens, so it needs a tokenizer. The original used LLaMA's.");
        var splitter = new ConversationSplitter(
            run.Number("max_length") ?? throw new BadInputException("Dataset sharegpt: max_length must be a number."),
            run.AsReference);
        var pieces = run.Map<InstructionRecord>(locations, null, (source, records) =>
            Convert(source, records, splitter, text => count(text) + Overhead), countsUnits: true);
        return Sample(run, pieces, run.Number("num_examples"));
    }

    private void Convert(
        SourceRecord source, List<InstructionRecord> records, ConversationSplitter splitter, Func<string, int> cost)
    {
        var id = source.Text("id");
        source.Name = id;
        JsonElement[] turns = [.. source.Array("conversations").EnumerateArray()];
        source.Tally.Read += turns.Length;
        if (turns.Length == 0)
            source.Tally.Warn("empty_conversation", source.Origin);
        if (turns.Any(turn => SourceRecord.Find(turn, "value") is not { ValueKind: JsonValueKind.String }))
        {
            source.Skip("value_is_no_text", turns.Length);
            return;
        }
        if (turns.Length % 2 == 1)
            source.Skip("odd_tail");
        var messages = turns.Take(turns.Length / 2 * 2)
            .Select((turn, i) => (From: source.OptionalText(turn, "from", $"conversations[{i}].from") ?? "none",
                Value: source.Text(turn, "value", $"conversations[{i}].value")))
            .ToList();
        var split = splitter.Split([.. messages.Select(message => cost(message.Value))]);
        source.Skip("pair_too_long", split.TooLong);
        source.Skip("lost_by_split", split.Lost);
        source.Tally.Normalise("empty_piece", source.Origin, split.EmptyPieces);
        foreach (var (start, end) in split.Pieces)
            Emit(source, records, messages.GetRange(start, end - start), $"{id}_{start}");
    }

    private void Emit(
        SourceRecord source, List<InstructionRecord> records, List<(string From, string Value)> piece, string id)
    {
        var wrong = piece.FindIndex(message => message.From is not ("human" or "gpt"));
        if (wrong < 0 && piece.Where((message, i) => message.From != (i % 2 == 0 ? "human" : "gpt")).Any())
            source.Skip("wrong_order", piece.Count);
        else if (wrong >= 0)
            source.Skip($"sender_{piece[wrong].From}", piece.Count);
        else
        {
            ChatMessage[] messages =
                [.. piece.Select(
                    message => new ChatMessage(message.From == "human" ? "user" : "assistant", message.Value))];
            records.Add(new InstructionRecord(Card.Slug, id, messages) { Origin = source.Origin });
            source.Tally.Kept += piece.Count;
        }
    }
}
