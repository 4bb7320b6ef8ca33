using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// OpenAlpaca's layouts, which join ids rather than text: the response is encoded as a string of its own. Version 1
/// puts the input before the instruction, closes the prompt with an end and a beginning of sequence that carry loss,
/// and cuts long examples at their start; version 2 is Alpaca's prompt and cuts at the end. In both the very first
/// label is the beginning of sequence, which nothing predicts.
/// </summary>
internal sealed class OpenAlpacaTemplate(int version) : InstructionTemplate
{
    public override string Name => $"openalpaca-v{version}";

    public override string JinjaSource => version == 2
        ? InstructionJinja.Write(NoInputPreamble, InputPreamble, "")
        : "{% if messages[0]['role'] == 'system' %}"
            + "{{ '### Input:\\n' + messages[1]['content'] + '\\n\\n### Instruction:\\n' + messages[0]['content'] }}"
            + "{% else %}{{ '### Instruction:\\n' + messages[0]['content'] }}{% endif %}"
            + "{{ '\\n\\n### Response:' }}{% generation %}{{ eos_token + bos_token }}"
            + "{% if messages[-1]['role'] == 'assistant' %}{{ messages[-1]['content'] + eos_token }}{% endif %}"
            + "{% endgeneration %}";

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        var (prompt, response) = Parts(messages);
        var chat = new ChatBuilder().Given(prompt);
        if (version == 1)
            chat.Learned(EndOfSequence(tokenizer) + BeginningOfSequence(tokenizer));
        return response is null ? chat.Build() : chat.Learned(response + EndOfSequence(tokenizer)).Build();
    }

    public override TokenizedChat Tokenize(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);
        var (prompt, response) = Parts(messages);
        if (response is null)
            throw new BadInputException($"The chat template \"{Name}\" needs a response to train on.");
        var text = Render(messages, tokenizer).Text;
        var head = PromptIds(tokenizer, prompt);
        var responseStart = text.Length - EndOfSequence(tokenizer).Length - response.Length;
        var answer = tokenizer.EncodeWithOffsets(response, addSpecialTokens: version == 1);
        int[] ids = [.. head.Ids, .. answer.Ids, head.Eos];
        CharSpan[] offsets =
        [
            .. head.Offsets, .. answer.Offsets.Select(range => range.Shifted(responseStart)),
            new(responseStart + response.Length, text.Length),
        ];
        var labels = ids.ToArray();
        labels.AsSpan(1, head.PromptLength).Fill(TokenizedChat.NoLoss);
        var kept = Math.Min(ids.Length, maxLength);
        var range = version == 1 ? ^kept.. : ..kept;
        return new TokenizedChat(text, ids[range], offsets[range], labels[range], Truncated: kept < ids.Length);
    }

    public override int[] TokenizePrompt(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages) =>
        PromptIds(tokenizer, Parts(messages).Prompt).Ids;

    protected override string Prompt(string instruction, string input) => (version, input) switch
    {
        (1, "") => $"### Instruction:\n{instruction}\n\n### Response:",
        (1, _) => $"### Input:\n{input}\n\n### Instruction:\n{instruction}\n\n### Response:",
        (_, "") => $"{NoInputPreamble}### Instruction:\n{instruction}\n\n### Response:",
        _ => $"{InputPreamble}### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:",
    };

    /// <summary>
    /// Everything before the response. Version 1 encodes with the tokenizer's own special tokens on top, so that a
    /// tokenizer that adds a beginning of sequence gives it twice, as the original has it.
    /// </summary>
    private (int[] Ids, CharSpan[] Offsets, int PromptLength, int Eos) PromptIds(Tokenizer tokenizer, string prompt)
    {
        var eosEnd = prompt.Length + EndOfSequence(tokenizer).Length;
        var bosEnd = eosEnd + BeginningOfSequence(tokenizer).Length;
        var (bos, eos) = (tokenizer.BosTokenId!.Value, tokenizer.EosTokenId!.Value);
        var (ids, offsets) = tokenizer.EncodeWithOffsets(prompt, addSpecialTokens: version == 1);
        return version == 1
            ? ([bos, .. ids, eos, bos], [default, .. offsets, new(prompt.Length, eosEnd), new(eosEnd, bosEnd)],
                ids.Length, eos)
            : ([bos, .. ids], [default, .. offsets], ids.Length, eos);
    }

    private string BeginningOfSequence(Tokenizer tokenizer) => tokenizer.BosToken ?? throw new BadInputException(
        $"The chat template \"{Name}\" needs a beginning-of-sequence token. Set bos_token in tokenizer_config.json.");
}
