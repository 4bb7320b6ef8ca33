using Caravan.Cli.Answers;

namespace Caravan.Cli.Tests.Answers;

public sealed class StopTextTests
{
    [Theory]
    [InlineData("one two three", "two", "one ")]
    [InlineData("one two three", "four", "one two three")]
    [InlineData("aaab", "aab", "a")] // the first a is certain only when the third comes
    [InlineData("stop", "stop", "")]
    [InlineData("half a sto", "stop", "half a sto")]
    public void Text_InPiecesOfAnySize_EndsBeforeTheStop(string text, string stop, string expected)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var stopText = new StopText([stop]);
            var seen = string.Concat(text.Chunk(size).Select(piece => stopText.Append(new string(piece))))
                + stopText.Flush();
            Assert.Equal(expected, seen);
            Assert.Equal(text.Contains(stop), stopText.IsFound);
        }
    }

    [Fact]
    public void SeveralStops_InOnePiece_TheFirstInTheTextWins()
    {
        var stopText = new StopText(["later", "soon"]);
        Assert.Equal("now ", stopText.Append("now soon later"));
    }

    [Fact]
    public void NoStops_Given_HoldNothingBack() => Assert.Equal("at once", new StopText([]).Append("at once"));
}
