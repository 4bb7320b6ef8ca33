using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// ShareGPT: conversations with ChatGPT that people shared. Long ones are split between pairs of messages so that each
/// piece fits a token budget (<see cref="ConversationSplitter"/>); pieces that do not strictly alternate between human
/// and gpt are left out. Where the raw folder has only the published result of that, <see cref="ShareGptPieces"/> takes
/// it and no tokens are counted.
/// </summary>
public sealed class ShareGpt : InstructionDataset
{
    private const string Source =
        "https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered/resolve/main/" +
        "HTML_cleaned_raw_dataset/";

    private static readonly string[] KnownSenders =
        ["user", "chatgpt", "assistant", "bing", "bard", "system", "claude", "none"];

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

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var budget = run.Number("max_length") ??
            throw new BadInputException("Dataset sharegpt: max_length must be a number.");
        var unsplit = Card.Files.Any(file => run.Raw.Find(file.Name) is not null);
        return !unsplit && run.Raw.Find(ShareGptPieces.Names(budget)) is { } pieces
            ? Sample(run, run.Number("num_examples"), each => each.Records(
                [pieces], null, (source, records) => ShareGptPieces.Add(source, records, Card.Slug), countsUnits: true))
            : Split(run, budget);
    }

    private IEnumerable<RecordBatch> Split(ConversionRun run, int budget)
    {
        string[] locations = [.. Card.Files.Select(file => run.Raw.Need(file.Name))];
        var count = run.Settings.CountTokens ?? throw new BadInputException(
            "Dataset sharegpt is split by tokens, so it needs a tokenizer. The original used LLaMA's.");
        var splitter = new ConversationSplitter(budget, run.AsReference);
        void Add(Conversation conversation, Tally tally, RecordBatch records) => this.Add(
            conversation, tally, records,
            splitter.Split([.. conversation.Turns.Select(turn => count(JsonText.Decode(turn.Value.Span)) + Overhead)]));
        return Sample(run, run.Number("num_examples"), each => each.Records(
            locations, null,
            (source, records) =>
            {
                if (Read(source) is { } conversation)
                    Add(conversation, source.Tally, records);
            },
            countsUnits: true,
            quick: (raw, _, tally, records) =>
            {
                if (TryRead(raw, records) is not { } conversation)
                    return false;
                Enter(conversation, tally);
                Add(conversation, tally, records);
                return true;
            }));
    }

    private static Conversation? Read(SourceRecord source)
    {
        var id = source.Text("id");
        source.Name = id;
        JsonElement[] turns = [.. source.Array("conversations").EnumerateArray()];
        if (turns.Any(turn => SourceRecord.Find(turn, "value") is not { ValueKind: JsonValueKind.String }))
        {
            source.Tally.Read += turns.Length;
            source.Skip("value_is_no_text", turns.Length);
            return null;
        }
        var conversation = new Conversation(id, source.Origin, [.. turns.Select((turn, i) => new Turn(
            source.OptionalText(turn, "from", $"conversations[{i}].from") ?? "none",
            JsonString.Of(source.Text(turn, "value", $"conversations[{i}].value"))))]);
        Enter(conversation, source.Tally);
        return conversation;
    }

    // The common case: an id and turns, each of a sender and a value, all of them texts.
    private static Conversation? TryRead(RawRecord raw, RecordBatch records)
    {
        var room = records.Room(JsonCursor.RoomFor(raw.Utf8.Span));
        var cursor = new JsonCursor(raw.Utf8.Span, room.Span);
        if (!cursor.Take((byte)'{') || !cursor.TryKey(out var key) || !key.SequenceEqual("id"u8) ||
            !cursor.TryText(out var id) || !cursor.Take((byte)',') || !cursor.TryKey(out key) ||
            !key.SequenceEqual("conversations"u8) || !cursor.Take((byte)'['))
        {
            return null;
        }
        var turns = new List<Turn>();
        while (!cursor.Take((byte)']'))
        {
            if ((turns.Count > 0 && !cursor.Take((byte)',')) || !cursor.Take((byte)'{') ||
                !cursor.TryKey(out key) || !key.SequenceEqual("from"u8) || !cursor.TryText(out var from) ||
                !cursor.Take((byte)',') || !cursor.TryKey(out key) || !key.SequenceEqual("value"u8) ||
                !cursor.TryText(out var value) || !cursor.Take((byte)'}'))
            {
                return null;
            }
            var sender = from.SequenceEqual("human"u8) ? "human" : from.SequenceEqual("gpt"u8) ? "gpt" :
                JsonText.Decode(from);
            turns.Add(new Turn(sender, room.Slice(cursor.Used - value.Length, value.Length)));
        }
        return cursor.Take((byte)'}') && cursor.AtEnd
            ? new Conversation(JsonText.Decode(id), raw.Origin, turns) : null;
    }

    // The books of what is lost before the split: messages without an answer at the end.
    private static void Enter(Conversation conversation, Tally tally)
    {
        var turns = conversation.Turns;
        tally.Read += turns.Count;
        if (turns.Count == 0)
            tally.Warn("empty_conversation", conversation.Origin);
        if (turns.Count % 2 == 1)
        {
            tally.Skip("odd_tail", conversation.Origin);
            turns.RemoveAt(turns.Count - 1);
        }
    }

    private void Add(Conversation conversation, Tally tally, RecordBatch records, ConversationSplitter.Outcome split)
    {
        tally.Skip("pair_too_long", conversation.Origin, split.TooLong);
        tally.Skip("lost_by_split", conversation.Origin, split.Lost);
        tally.Normalise("empty_piece", conversation.Origin, split.EmptyPieces);
        foreach (var (start, end) in split.Pieces)
        {
            var piece = conversation.Turns.GetRange(start, end - start);
            var wrong = piece.FindIndex(turn => turn.From is not ("human" or "gpt"));
            if (wrong >= 0)
                tally.Skip($"sender_{Name(piece[wrong].From)}", conversation.Origin, piece.Count);
            else if (piece.Where((turn, i) => turn.From != (i % 2 == 0 ? "human" : "gpt")).Any())
                tally.Skip("wrong_order", conversation.Origin, piece.Count);
            else
            {
                Emit(piece, $"{conversation.Id}_{start}", conversation.Origin, records);
                tally.Kept += piece.Count;
            }
        }
    }

    // Reasons are counted by name, so there must not be as many as a broken file has senders.
    private static string Name(string sender) => KnownSenders.Contains(sender) ? sender : "other";

    private void Emit(List<Turn> piece, string id, RecordOrigin origin, RecordBatch records)
    {
        bool blankQuestion = false, blankAnswer = false;
        records.Begin();
        foreach (var (from, value) in piece)
        {
            var asks = from == "human";
            records.OpenMessage(asks ? "user"u8 : "assistant"u8);
            records.Text(value.Span);
            records.CloseMessage();
            blankQuestion |= asks && JsonString.IsBlank(value.Span);
            blankAnswer |= !asks && JsonString.IsBlank(value.Span);
        }
        records.End(Card.Slug, id, origin, RecordWarning.Blank(blankQuestion, blankAnswer));
    }

    /// <summary>A message as it was shared; the value is in the form of <see cref="JsonString"/>.</summary>
    private readonly record struct Turn(string From, ReadOnlyMemory<byte> Value);

    private sealed record Conversation(string Id, RecordOrigin Origin, List<Turn> Turns);
}
