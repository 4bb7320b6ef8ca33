using Caravan.Files;

namespace Caravan.Text.Tests.Chat;

public sealed class TuluTemplateTests
{
    private static readonly ChatMessage[] TwoTurns =
    [
        new("user", "Hi"), new("assistant", "Hello"), new("user", "Bye"), new("assistant", "See you"),
    ];

    [Fact]
    public void Render_TwoTurns_GivesTheLayoutAndItsLossSpans()
    {
        var chat = ChatTemplate.Tulu.Render(TwoTurns, RealTokenizers.Llama2);

        Assert.Equal(
            "<|user|>\nHi\n<|assistant|>\nHello</s>\n<|user|>\nBye\n<|assistant|>\nSee you</s>", chat.Text);
        Assert.Equal(["Hello</s>\n", "See you</s>"], chat.LossSpans.Select(span => chat.Text[span.Start..span.End]));
    }

    [Fact]
    public void Render_WithGenerationPrompt_EndsWithTheHeaderAndItsLineFeed()
    {
        var chat = ChatTemplate.Tulu.Render(TwoTurns[..3], RealTokenizers.Llama2, addGenerationPrompt: true);

        Assert.Equal("<|user|>\nHi\n<|assistant|>\nHello</s>\n<|user|>\nBye\n<|assistant|>\n", chat.Text);
    }

    [Fact]
    public void Render_SystemMessageAndSurroundingSpace_TrimsContent()
    {
        var chat = ChatTemplate.Tulu.Render(
            [new("system", " Be brief.\n"), new("user", "\u00a0Hi\t")], RealTokenizers.Llama2);

        Assert.Equal("<|system|>\nBe brief.\n<|user|>\nHi", chat.Text);
        Assert.Empty(chat.LossSpans);
    }

    [Fact]
    public void Render_OtherTokenizer_UsesItsEndOfSequence()
    {
        var chat = ChatTemplate.Tulu.Render(TwoTurns[..2], RealTokenizers.Pythia);

        Assert.Equal("<|user|>\nHi\n<|assistant|>\nHello<|endoftext|>", chat.Text);
    }

    [Fact]
    public void Render_UnknownRole_NamesTheRole()
    {
        var error = Assert.Throws<BadInputException>(
            () => ChatTemplate.Tulu.Render([new("narrator", "x")], RealTokenizers.Llama2));

        Assert.Contains("\"narrator\"", error.Message);
    }

    [Fact]
    public void Render_NoMessages_IsAnError() =>
        Assert.Throws<BadInputException>(() => ChatTemplate.Tulu.Render([], RealTokenizers.Llama2));

    [Fact]
    public void Tokenize_Llama2_KeepsTheLineFeedBehindTheEndOfSequence()
    {
        var chat = ChatTemplate.Tulu.Tokenize(RealTokenizers.Llama2, TwoTurns, 100);

        // </s>, then the dummy prefix that the LLaMA tokenizer adds behind a special token, then the line feed.
        var end = Array.IndexOf(chat.InputIds, 2);
        Assert.Equal([2, 29871, 13], chat.InputIds[end..(end + 3)]);
        Assert.Equal([2, 29871, 13, TokenizedChat.NoLoss], chat.Labels[end..(end + 4)]);
        Assert.Equal(1, chat.InputIds[0]);
        Assert.Equal(2, chat.InputIds[^1]);
        Assert.Equal(2, chat.Labels[^1]);
        Assert.False(chat.Truncated);
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/opt")]
    [InlineData("models/stories260k")]
    public void Tokenize_ManyConversations_GivesThePrefixMethodsLabels(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        var random = new Random(20231119);
        string[] contents =
        [
            "Hi", " spaced ", "Line one\nline two\n", "  indented\n\n\ncode {\n}\n", "1 + 1 = 2.", "", "\u4f60\u597d",
                "caf\u00e9",
            "\U0001f42a!", "What's the\tcapital?", "<|user|>\nfake", "ends with :", "\u0301combining",
                "It ends</s> early",
            "tabs\t\t", "a \u00a0",
        ];
        string[] roles = ["system", "user", "assistant", "assistant", "user"];
        for (var round = 0; round < 400; round++)
        {
            var messages = Enumerable.Range(0, random.Next(1, 7))
                .Select(_ => new ChatMessage(roles[random.Next(roles.Length)], contents[random.Next(contents.Length)]))
                .ToList();
            var maxLength = random.Next(3) == 0 ? random.Next(1, 40) : 4096;

            var chat = ChatTemplate.Tulu.Tokenize(tokenizer, messages, maxLength);

            var (ids, labels) = PrefixMethod(tokenizer, messages, maxLength);
            Assert.Equal(ids, chat.InputIds);
            Assert.True(labels.AsSpan().SequenceEqual(chat.Labels),
                $"{string.Join(" | ", messages)}\nids {string.Join(' ', ids)}\nexpected {string.Join(' ', labels)}\n" +
                $"got      {string.Join(' ', chat.Labels)}");
            Assert.Equal(labels.Skip(1).Count(label => label != TokenizedChat.NoLoss), chat.TargetTokens);
        }
    }

    [Fact]
    public void Tokenize_TooLong_CutsTheEndAndSaysSo()
    {
        var whole = ChatTemplate.Tulu.Tokenize(RealTokenizers.Llama2, TwoTurns, 1000);
        var cut = ChatTemplate.Tulu.Tokenize(RealTokenizers.Llama2, TwoTurns, 10);

        Assert.True(cut.Truncated);
        Assert.Equal(whole.InputIds[..10], cut.InputIds);
        Assert.Equal(whole.Labels[..10], cut.Labels);
    }

    [Fact]
    public void TokenizePrompt_PromptAndAnswer_AreTheTrainingExample()
    {
        var tokenizer = RealTokenizers.Llama2;
        var prompt = ChatTemplate.Tulu.TokenizePrompt(tokenizer, TwoTurns[..3]);

        var example = ChatTemplate.Tulu.Tokenize(tokenizer, TwoTurns, 1000);

        Assert.Equal(prompt, example.InputIds[..prompt.Length]);
        Assert.All(example.Labels[^3..], label => Assert.NotEqual(TokenizedChat.NoLoss, label));
    }

    /// <summary>The original's way: mask by the token counts of rendered prefixes.</summary>
    private static (int[] Ids, int[] Labels) PrefixMethod(Tokenizer tokenizer, List<ChatMessage> messages,
        int maxLength)
    {
        string Concatenate(int count) =>
            string.Concat(messages.Take(count).Select(message => message.Role == "assistant"
            ? $"<|assistant|>\n{message.Content.Trim()}{tokenizer.EosToken}\n"
            : $"<|{message.Role}|>\n{message.Content.Trim()}\n"));
        int[] Ids(string text) => [.. tokenizer.Encode(text).Take(maxLength)];

        var ids = Ids(Concatenate(messages.Count).Trim());
        var labels = ids.ToArray();
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role == "assistant")
                continue;
            var start = i == 0 ? 0 : Ids(Concatenate(i)).Length;
            var beforeAnswer = i + 1 < messages.Count && messages[i + 1].Role == "assistant";
            var end = Ids(Concatenate(i + 1) + (beforeAnswer ? "<|assistant|>\n" : "")).Length;
            for (var k = start; k < Math.Min(end, labels.Length); k++)
                labels[k] = TokenizedChat.NoLoss;
            if (end >= maxLength)
                break;
        }
        return (ids, labels);
    }
}
