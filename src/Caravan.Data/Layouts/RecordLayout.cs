using Caravan.Data.Json;
using Caravan.Files;

namespace Caravan.Data.Layouts;

/// <summary>
/// A form in which others write instruction records, and into which ours are converted back. A record that has more
/// than the form can hold is refused, never cut.
/// </summary>
internal abstract class RecordLayout(string name)
{
    /// <summary>The name of our own layout, the only one that holds what else a record has.</summary>
    protected const string Messages = "messages";

    private static readonly string[] Message = ["role", "content"];
    private static readonly string[] Turn = ["from", "value"];

    /// <summary>All layouts.</summary>
    public static IReadOnlyList<RecordLayout> All { get; } =
    [
        new TableLayout(Messages, [new("dataset"), new("id"), new("messages", Message)], record =>
        [
            record.Dataset, record.Id,
            new(null, [.. record.Messages.Select(message => (string[])[message.Role, message.Content])]),
        ]),
        new TableLayout("alpaca", [new("instruction"), new("input"), new("output")], record =>
        {
            var (user, assistant) = Exchange(record, "alpaca");
            return [user, "", assistant];
        }),
        new TableLayout("dolly", [new("instruction"), new("context"), new("response"), new("category")], record =>
        {
            var (user, assistant) = Exchange(record, "dolly");
            return [user, "", assistant, ""];
        }),
        new TableLayout("prompt-completion", [new("prompt"), new("completion")], record =>
        {
            var (user, assistant) = Exchange(record, "prompt-completion");
            return [user, assistant];
        }),
        new TableLayout("sharegpt", [new("id"), new("conversations", Turn)], record =>
        [
            record.Id,
            new(null, [.. record.Messages.Select(message => (string[])[Sender(message.Role), message.Content])]),
        ]),
        new OasstLayout(),
    ];

    /// <summary>The name on the command line.</summary>
    public string Name { get; } = name;

    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static RecordLayout Find(string name) => All.FirstOrDefault(layout => layout.Name == name)
        ?? throw new BadInputException(
            $"There is no layout \"{name}\"; expected {string.Join(", ", All.Select(layout => layout.Name))}.");

    /// <summary>Appends the record as a JSON object.</summary>
    /// <exception cref="RecordException">E08: the layout cannot hold it.</exception>
    public abstract void Append(JsonLine json, InstructionRecord record);

    protected static RecordException DoesNotFit(InstructionRecord record, string layout, string what) => new(
        RecordFault.DoesNotFit, record.Origin, $"the layout {layout} cannot hold {what}.", record.Dataset, record.Id);

    private static string Sender(string role) => role switch
    {
        "user" => "human",
        "assistant" => "gpt",
        _ => role,
    };

    private static (string User, string Assistant) Exchange(InstructionRecord record, string layout) =>
        record.Messages is [{ Role: "user" } user, { Role: "assistant" } assistant]
            ? (user.Content, assistant.Content)
            : throw DoesNotFit(record, layout,
                "anything but a question and its answer; found " +
                string.Join(", ", record.Messages.Select(message => message.Role)));
}
