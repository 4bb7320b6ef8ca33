using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// The layouts of Alpaca and OpenAlpaca: one instruction, with or without an input, and its response, under headings.
/// A conversation must be one user message and one assistant message; a system message in front of them is the
/// instruction, and the user message its input.
/// </summary>
internal abstract class InstructionTemplate : ChatTemplate
{
    protected const string NoInputPreamble =
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n";

    protected const string InputPreamble =
        "Below is an instruction that describes a task, paired with an input that provides further context. " +
        "Write a response that appropriately completes the request.\n\n";

    public override bool SeparatesInput => true;

    /// <summary>The text up to the response.</summary>
    /// <param name="input">Empty for none.</param>
    protected abstract string Prompt(string instruction, string input);

    /// <summary>The prompt and the response, which is null if it is still to be written.</summary>
    protected (string Prompt, string? Response) Parts(IReadOnlyList<ChatMessage> messages)
    {
        RequireMessages(messages);
        foreach (var message in messages)
        {
            if (message.Role is not ("system" or "user" or "assistant"))
                throw UnknownRole(message);
        }
        var roles = string.Join(' ', messages.Select(message => message.Role));
        return roles switch
        {
            "user" => (Prompt(messages[0].Content, ""), null),
            "user assistant" => (Prompt(messages[0].Content, ""), messages[1].Content),
            "system user" => (Prompt(messages[0].Content, messages[1].Content), null),
            "system user assistant" => (Prompt(messages[0].Content, messages[1].Content), messages[2].Content),
            _ => throw new BadInputException(
                $"The chat template \"{Name}\" holds one instruction and one response, and was given the turns: " +
                $"{roles}. Use a template for conversations, such as \"tulu\"."),
        };
    }
}
