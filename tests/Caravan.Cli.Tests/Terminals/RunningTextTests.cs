using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Terminals;

public sealed class RunningTextTests
{
    [Fact]
    public void Wrap_LongText_BreaksAtSpacesWithinTheWidth()
    {
        const string text = "a paragraph of several words that must not run over the edge of a narrow terminal";
        var lines = RunningText.Wrap(text, 24, indent: 4).Split('\n');
        Assert.All(lines.Skip(1), line =>
            Assert.True(line.StartsWith("    ", StringComparison.Ordinal) && line.Length <= 24));
        Assert.True(lines[0].Length + 4 <= 24);
        Assert.Equal(text, string.Join(' ', lines.Select(line => line.Trim())));
    }

    [Fact]
    public void Wrap_WordLongerThanTheWidth_StaysWhole() =>
        Assert.Equal(
            "see\n/a/very/long/path/to/a/file\nthere", RunningText.Wrap("see /a/very/long/path/to/a/file there", 10));

    [Fact]
    public void Join_LinesAndTabs_BecomeOneLine() => Assert.Equal("a b c", RunningText.Join("a\n  b\t\tc\n"));
}
