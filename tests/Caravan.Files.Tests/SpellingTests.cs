namespace Caravan.Files.Tests;

public class SpellingTests
{
    [Theory]
    [InlineData("kitten", "sitting", 3), InlineData("", "abc", 3), InlineData("same", "same", 0),
        InlineData("ab", "ba", 1)]
    public void Distance_CountsEditsAndSwaps(string a, string b, int expected) =>
        Assert.Equal(expected, Spelling.Distance(a, b));

    [Theory]
    [InlineData("lerning_rate", "learning_rate"), InlineData("outptu_dir", "output_dir"), InlineData("zzzzzzzz", null)]
    public void Nearest_OffersOnlyWhatIsNear(string word, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(word, ["learning_rate", "output_dir", "seed"]));
}
