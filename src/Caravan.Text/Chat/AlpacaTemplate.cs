namespace Caravan.Text;

/// <summary>Stanford Alpaca's layout: a preamble, headings, and an end-of-sequence token behind the response.</summary>
internal sealed class AlpacaTemplate : InstructionTemplate
{
    public override string Name => "alpaca";

    public override string JinjaSource => InstructionJinja.Write(NoInputPreamble, InputPreamble, "\\n");

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        var (prompt, response) = Parts(messages);
        var chat = new ChatBuilder().Given(prompt);
        return response is null ? chat.Build() : chat.Learned(response + EndOfSequence(tokenizer)).Build();
    }

    protected override string Prompt(string instruction, string input) => input.Length == 0
        ? $"{NoInputPreamble}### Instruction:\n{instruction}\n\n### Response:\n"
        : $"{InputPreamble}### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n";
}
