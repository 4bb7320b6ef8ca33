using Caravan.Files;

namespace Caravan.Text.Tests.Chat;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] Conversation =
    [
        new("system", "Be brief."), new("user", "Hi"), new("assistant", "Hello"), new("user", "Bye"),
        new("assistant", "See you"),
    ];

    private static readonly ChatMessage[] Instruction =
        [new("system", "Translate."), new("user", "Guten Tag"), new("assistant", "Good day")];

    public static TheoryData<string> Names => new(ChatTemplate.All.Select(template => template.Name));

    [Theory]
    [InlineData("vicuna", "Be brief. USER: Hi ASSISTANT:| Hello</s>| USER: Bye ASSISTANT:| See you</s>")]
    [InlineData("llama-2-chat",
        "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]| Hello </s>|<s>[INST] Bye [/INST]| See you </s>")]
    [InlineData("llama-3",
        "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n" +
        "Hi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n|Hello<|eot_id|>|<|start_header_id|>user" +
        "<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n|See you<|eot_id|>")]
    [InlineData("chatml",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n|Hello" +
        "<|im_end|>|\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n|See you<|im_end|>|\n")]
    [InlineData("zephyr",
        "<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\n|Hello</s>|\n<|user|>\nBye</s>\n<|assistant|>\n" +
        "|See you</s>|\n")]
    [InlineData("prompt-completion", "Be brief.Hi| Hello</s>|Bye| See you</s>")]
    [InlineData("tulu",
        "<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\n|Hello</s>\n|<|user|>\nBye\n<|assistant|>\n|See you</s>")]
    public void Render_Conversation_GivesTheLayoutWithItsLossSpans(string name, string expected)
    {
        var chat = ChatTemplate.ByName(name).Render(Conversation, RealTokenizers.Llama2);

        // The parts take turns: given, learned, given, …; an upright bar inside a marker is no border.
        var borders = chat.LossSpans.SelectMany(span =>
            new[] { span.Start, span.End }).Where(p => p < chat.Text.Length);
        var marked = borders.OrderDescending().Aggregate(chat.Text, (text, at) => text.Insert(at, "|"));
        Assert.Equal(expected, marked);
    }

    [Theory]
    [InlineData("alpaca",
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a " +
        "response that appropriately completes the request.\n\n### Instruction:\nTranslate.\n\n### Input:\nGuten Tag" +
        "\n\n### Response:\n", "Good day</s>")]
    [InlineData("openalpaca-v1",
        "### Input:\nGuten Tag\n\n### Instruction:\nTranslate.\n\n### Response:", "</s><s>Good day</s>")]
    [InlineData("openalpaca-v2",
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a " +
        "response that appropriately completes the request.\n\n### Instruction:\nTranslate.\n\n### Input:\nGuten Tag" +
        "\n\n### Response:", "Good day</s>")]
    public void Render_Instruction_GivesTheLayout(string name, string prompt, string response)
    {
        var chat = ChatTemplate.ByName(name).Render(Instruction, RealTokenizers.Llama2);

        Assert.Equal(prompt + response, chat.Text);
        Assert.Equal([new CharSpan(prompt.Length, chat.Text.Length)], chat.LossSpans);
    }

    [Fact]
    public void Render_InstructionWithoutInput_LeavesTheInputOut() => Assert.Equal(
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n" +
        "### Instruction:\nSing.\n\n### Response:\n",
        ChatTemplate.Alpaca.Render([new("user", "Sing.")], RealTokenizers.Llama2, addGenerationPrompt: true).Text);

    [Theory]
    [MemberData(nameof(Names))]
    public void Tokenize_AnyTemplate_OffsetsCoverTheRenderedText(string name)
    {
        var template = ChatTemplate.ByName(name);
        var messages = name.Contains("alpaca", StringComparison.Ordinal) ? Instruction : Conversation;

        var chat = template.Tokenize(RealTokenizers.Llama2, messages, 1000);

        Assert.Equal(template.Render(messages, RealTokenizers.Llama2).Text, chat.Text);
        Assert.Equal(chat.InputIds.Length, chat.Offsets.Length);
        var covered = new bool[chat.Text.Length];
        foreach (var (id, range) in chat.InputIds.Zip(chat.Offsets))
        {
            covered.AsSpan(range.Start, range.Length).Fill(true);
            if (id == RealTokenizers.Llama2.EosTokenId)
                Assert.Equal("</s>", chat.Text[range.Start..range.End]);
        }
        Assert.All(covered, Assert.True);
        var cut = template.Tokenize(RealTokenizers.Llama2, messages, 10);
        Assert.Equal((10, 10), (cut.Offsets.Length, cut.InputIds.Length));
        Assert.Contains(cut.Offsets[^1], chat.Offsets);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void JinjaSource_AnyTemplate_RendersTheSameTextAndSpans(string name)
    {
        var template = ChatTemplate.ByName(name);
        var jinja = ChatTemplate.FromJinja(template.JinjaSource);
        var tokenizer = RealTokenizers.Llama2;
        var isInstruction = name.Contains("alpaca", StringComparison.Ordinal);
        ChatMessage[][] conversations = isInstruction
            ? [Instruction, Instruction[..2], Instruction[1..], Instruction[1..2]]
            : [Conversation, Conversation[1..], Conversation[..2], Conversation[..3], Conversation[1..4]];
        foreach (var messages in conversations)
        {
            foreach (var prompts in messages[^1].Role == "user" ? new[] { false, true } : [false])
            {
                var own = template.Render(messages, tokenizer, prompts);
                var other = jinja.Render(messages, tokenizer, prompts);
                // In Jinja the template writes the first beginning-of-sequence token, here the tokenizer does.
                var bos = other.Text.StartsWith("<s>", StringComparison.Ordinal) ? 3 : 0;
                Assert.Equal(own.Text, other.Text[bos..]);
                if (!prompts)
                    Assert.Equal(own.LossSpans, other.LossSpans.Select(s => new CharSpan(s.Start - bos, s.End - bos)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TokenizePrompt_AnyTemplate_IsTheBeginningOfTheTrainingExample(string name)
    {
        var template = ChatTemplate.ByName(name);
        var messages = name.Contains("alpaca", StringComparison.Ordinal) ? Instruction : Conversation;
        var example = template.Tokenize(RealTokenizers.Llama2, messages, 4096);
        var prompt = template.TokenizePrompt(RealTokenizers.Llama2, messages[..^1]);

        Assert.Equal(prompt, example.InputIds[..prompt.Length]);
        // OpenAlpaca's first version puts its own in front of the tokenizer's.
        Assert.Equal(name == "openalpaca-v1" ? 2 : 1, example.InputIds.TakeWhile(id => id == 1).Count());
        Assert.Equal(example.InputIds[prompt.Length], example.Labels[prompt.Length]);
    }

    // open-instruct masks as many tokens as the prompt alone has.
    [Theory]
    [InlineData("Q: 2+2? A:", "4", " 4"), InlineData("Q: 2+2? A: ", "4", "4"), InlineData("Q: 2+2?\n", "4", "4")]
    [InlineData("Q: 2+2?", "\n4", "\n4"), InlineData("Q:\t", "4 ", "4 "), InlineData("Q", "", " ")]
    public void Tokenize_PromptAndCompletion_IsOpenInstructsEncoding(string prompt, string completion, string learned)
    {
        var tokenizer = RealTokenizers.Llama2;
        ChatMessage[] pair = [new("user", prompt), new("assistant", completion)];
        var chat = ChatTemplate.PromptCompletion.Tokenize(tokenizer, pair, 1000);

        Assert.Equal(tokenizer.Encode(prompt + learned + "</s>"), chat.InputIds);
        var masked = tokenizer.Encode(prompt).Length;
        Assert.Equal([.. Enumerable.Repeat(-100, masked), .. chat.InputIds[masked..]], chat.Labels);
        var jinja = ChatTemplate.FromJinja(ChatTemplate.PromptCompletion.JinjaSource);
        Assert.Equal(prompt + learned + "</s>", jinja.Render(pair, tokenizer).Text);
    }

    [Fact]
    public void Tokenize_OpenAlpacaV1_IsTheOriginalsIdsAndLabels()
    {
        var tokenizer = RealTokenizers.Llama2;
        var chat = ChatTemplate.OpenAlpacaV1.Tokenize(tokenizer, [new("user", "Sing."), new("assistant", "La")], 1000);

        int[] prompt = tokenizer.Encode("### Instruction:\nSing.\n\n### Response:");
        int[] response = tokenizer.Encode("La");
        Assert.Equal([1, .. prompt, 2, 1, .. response, 2], chat.InputIds);
        Assert.Equal([1, .. prompt.Select(_ => -100), 2, 1, .. response, 2], chat.Labels);
        var cut = ChatTemplate.OpenAlpacaV1.Tokenize(tokenizer, [new("user", "Sing."), new("assistant", "La")], 5);
        Assert.Equal(chat.InputIds[^5..], cut.InputIds);
        Assert.Equal(chat.Labels[^5..], cut.Labels);
    }

    [Fact]
    public void Tokenize_OpenAlpacaV2_IsTheOriginalsIdsAndLabels()
    {
        var tokenizer = RealTokenizers.Llama2;
        var chat = ChatTemplate.OpenAlpacaV2.Tokenize(tokenizer, Instruction, 1000);

        var prompt = tokenizer.Encode(ChatTemplate.OpenAlpacaV2.Render(Instruction[..2], tokenizer).Text, false);
        var response = tokenizer.Encode("Good day", false);
        Assert.Equal([1, .. prompt, .. response, 2], chat.InputIds);
        Assert.Equal([1, .. prompt.Select(_ => -100), .. response, 2], chat.Labels);
        Assert.Equal(chat.InputIds[..5], ChatTemplate.OpenAlpacaV2.Tokenize(tokenizer, Instruction, 5).InputIds);
    }

    [Fact]
    public void FromJinja_WithoutGenerationBlocks_FindsWhatTheAssistantWrites()
    {
        var template = ChatTemplate.FromJinja(
            "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}" +
            "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");

        var chat = template.Render(Conversation, RealTokenizers.Llama2);

        Assert.Equal(["Hello</s>", "See you</s>"], chat.LossSpans.Select(span => chat.Text[span.Start..span.End]));
    }

    [Fact]
    public void FromJinja_TemplateThatChangesEarlierTurns_SaysThatItNeedsGenerationBlocks()
    {
        var template =
            ChatTemplate.FromJinja("{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}");

        Assert.Throws<BadInputException>(() => template.Render(Conversation, RealTokenizers.Llama2));
    }

    [Fact]
    public void ByName_UnknownName_ListsTheNames()
    {
        var error = Assert.Throws<BadInputException>(() => ChatTemplate.ByName("tullu"));

        Assert.Contains("tulu, openalpaca-v1", error.Message);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_UnknownRole_NamesTheRole(string name) => Assert.Contains(
        "narrator",
        Assert.Throws<BadInputException>(() => ChatTemplate.ByName(name).Render(
            [new("user", "a"), new("narrator", "b")], RealTokenizers.Llama2)).Message);
}
