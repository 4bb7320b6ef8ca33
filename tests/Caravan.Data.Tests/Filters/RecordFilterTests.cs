using Caravan.Data.Filters;
using Caravan.Text;

namespace Caravan.Data.Tests.Filters;

public sealed class RecordFilterTests
{
    [Theory]
    [InlineData("entities", "I am ChatGPT.", true)]
    [InlineData("entities", "The Lombardy poplars", true)] // bard, as a plain part of a word
    [InlineData("entities", "NAPALM", true)]
    [InlineData("entities", "gpt-35", true)]
    [InlineData("entities", "A poet called GPT", false)]
    [InlineData("keywords", "Ask OpenAI.", true)]
    [InlineData("keywords", "openairplane", false)]
    [InlineData("keywords", "Claude and the bard under a palm of Anthropic", false)]
    [InlineData("keywords", "GPT-3.5", true)]
    [InlineData("empty_messages", " \u001c\n", true)]
    [InlineData("empty_messages", ".", false)]
    [InlineData("knowledge_cutoff", "As of my last update in September 2021, it was so.", true)]
    [InlineData("knowledge_cutoff", "as latest knowledge was in  2022", true)]
    [InlineData("knowledge_cutoff", "My knowledge cutoff 2023", true)]
    [InlineData("knowledge_cutoff", "It was last updated in May 2020.", true)]
    [InlineData("knowledge_cutoff", "My knowledge cutoff is a secret of 2023", false)]
    [InlineData("knowledge_cutoff", "As of my last update in spring 2021", false)]
    [InlineData("chinese", "\u4E00234567890123456789", true)]
    [InlineData("chinese", "\u4E0023456789012345678901", false)]
    [InlineData("chinese", "\u4E0023456789012345678\U0001F600", true)] // the last counts as one character
    [InlineData("chinese", "", false)]
    public void Rejects_AnAnswer(string filter, string answer, bool expected) =>
        Assert.Equal(expected, Rejects(filter, new("user", "Why?"), new("assistant", answer)));

    [Theory]
    [InlineData("entities", "OpenAI", true)]
    [InlineData("keywords", "OpenAI", false)]
    [InlineData("empty_messages", "", true)]
    [InlineData("knowledge_cutoff", "knowledge cutoff 2021", true)]
    [InlineData("chinese", "\u4E00", false)]
    public void Rejects_AQuestion(string filter, string question, bool expected)
    {
        Assert.Equal(expected, Rejects(filter, new("user", question), new("assistant", "So.")));
        Assert.Equal(expected, Rejects(filter, new("system", question), new("user", "Why?"), new("assistant", "So.")));
    }

    [Fact]
    public void Chinese_LooksAtTheLastAnswerOnly() => Assert.False(Rejects(
        "chinese", new("assistant", "\u4E00"), new("user", "And in English?"), new("assistant", "One.")));

    private static bool Rejects(string filter, params ChatMessage[] messages) =>
        RecordFilter.All.Single(each => each.Name == filter).Rejects(new InstructionRecord("d", "d_0", messages));
}
