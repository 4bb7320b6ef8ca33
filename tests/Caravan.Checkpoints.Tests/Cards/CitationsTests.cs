namespace Caravan.Checkpoints.Tests.Cards;

public sealed class CitationsTests
{
    [Theory]
    [InlineData("LLaMA 7B", "2302.13971")]
    [InlineData("meta-llama/Llama-2-7b-hf", "2307.09288")]
    [InlineData("openlm-research/open_llama_7b_preview_200bt", "openlm2023openllama")]
    [InlineData("EleutherAI/pythia-6.9b", "2304.01373")]
    [InlineData("facebook/opt-6.7b", "2205.01068")]
    public void For_KnownBase_IsCitedBesideTheFormat(string @base, string expected)
    {
        var entries = Citations.For(@base, CardPrompt.Tulu);
        Assert.Contains("2306.04751", entries[0]);
        Assert.Contains(expected, entries[1]);
        Assert.All(entries, entry => Assert.Equal(entry.Count(c => c == '{'), entry.Count(c => c == '}')));
    }

    [Theory]
    [InlineData("someone/optimal")]
    [InlineData("Adaptive 7B")]
    public void For_UnknownBase_IsNotCited(string @base) => Assert.Empty(Citations.For(@base, CardPrompt.None));
}
