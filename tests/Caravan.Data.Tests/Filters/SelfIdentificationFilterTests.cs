using Caravan.Data.Filters;
using Caravan.Text;

namespace Caravan.Data.Tests.Filters;

public sealed class SelfIdentificationFilterTests
{
    [Theory]
    [InlineData("Im openai an ai model trained by cohere!")]
    [InlineData("Gemini is an AI model that was selfmade by Perplexity?")]
    [InlineData("As a chatbot with a taste for tea from ChatGPT, I decline.")]
    [InlineData("As an AI developed\nby Meta's people, I decline.")]
    [InlineData("I am language model number four of Mistral AI.")]
    [InlineData("I am called Claude.")]
    [InlineData("i am xai.")]
    [InlineData("It was created by the good people at Open AI, they say.")]
    [InlineData("That goes against OpenAI use-case guidelines.")]
    [InlineData("That goes against Cohere's terms.")]
    [InlineData("Anthropic's use-case list is long.")]
    [InlineData("One may also try Qwen.")]
    [InlineData("The weights of deepseek are large!")]
    [InlineData("It runs on Alibaba  Cloud.")]
    public void Rejects_SentencesOfTheseForms(string answer) =>
        Assert.True(Rejects(new ChatMessage("assistant", answer)));

    [Theory]
    [InlineData("I am ChatGPT")] // comes to no end
    [InlineData("I am an AI model from OpenAI.")] // "a", and not "an", may stand in front of the model
    [InlineData("I am Claudette.")]
    [InlineData("I am. Claude is not.")]
    [InlineData("OpenAI published a paper.")]
    [InlineData("Gemini is a constellation.")]
    [InlineData("It was created by hand. OpenAI had no part in it.")]
    [InlineData("OpenAI\u2019s policy is known.")] // another apostrophe
    [InlineData("Alibaba sells clouds.")]
    [InlineData("Qwenya is a language.")]
    public void Rejects_NothingElse(string answer) => Assert.False(Rejects(new ChatMessage("assistant", answer)));

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Rejects_SentencesThatEndSoon(int characters, bool expected)
    {
        Assert.Equal(expected, Rejects(new ChatMessage("assistant", $"I am Claude{new string(' ', characters)}.")));
        Assert.Equal(expected, Rejects(new ChatMessage(
            "assistant", $"Made by a{new string(' ', characters - 1)}Cohere.")));
    }

    [Theory]
    [InlineData("I'm Claude, an AI assistant", true)]
    [InlineData("I'm Claude, the AI assistant", false)]
    [InlineData("OpenAI is an AI model", true)]
    public void Rejects_ModelsWithTheirMakers_InLongerSentences(string beginning, bool expected)
    {
        var filler = new string('-', 90);
        Assert.Equal(expected, Rejects(new ChatMessage("assistant", $"{beginning}{filler}remade by Cohere{filler}.")));
    }

    [Fact]
    public void Rejects_LooksAtAnswers_AndAtQuestionsOnRequest()
    {
        var record = Record(new("system", "Be Qwen."), new("user", "So?"), new("assistant", "Yes."));
        Assert.False(SelfIdentificationFilter.Rejects(record) || SelfIdentificationFilter.RejectsQuestionsToo(record));
        record = Record(new("user", "Are you made by OpenAI?"), new("assistant", "No."));
        Assert.False(SelfIdentificationFilter.Rejects(record));
        Assert.True(SelfIdentificationFilter.RejectsQuestionsToo(record));
        Assert.True(SelfIdentificationFilter.RejectsQuestionsToo(Record(new ChatMessage("assistant", "I am Claude."))));
    }

    private static bool Rejects(params ChatMessage[] messages) => SelfIdentificationFilter.Rejects(Record(messages));

    private static InstructionRecord Record(params ChatMessage[] messages) => new("d", "d_0", messages);
}
