using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Tests.CommandLine;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("abcd", "abdc", 1)] // a swap of neighbours
    [InlineData("ca", "abc", 3)] // optimal string alignment: no edits inside a swapped pair
    [InlineData("", "abc", 3)]
    public void Distance_OfWords_CountsTypingMistakes(string a, string b, int expected)
    {
        Assert.Equal(expected, Spelling.Distance(a, b));
        Assert.Equal(expected, Spelling.Distance(b, a));
    }

    [Fact]
    public void Nearest_SeveralCandidates_TakesTheClosest() =>
        Assert.Equal("--learning-rate", Spelling.Nearest("--learing-rate", ["--logging-steps", "--learning-rate"]));

    [Fact]
    public void Nearest_NothingAlike_IsNull() => Assert.Null(Spelling.Nearest("--purple", ["--json", "--help"]));
}
