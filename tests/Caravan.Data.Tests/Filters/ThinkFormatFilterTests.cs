using Caravan.Data.Filters;

namespace Caravan.Data.Tests.Filters;

public sealed class ThinkFormatFilterTests
{
    [Theory]
    [InlineData("<think></think>", false, true)]
    [InlineData("<think>a\nb</think>\nc\n", false, true)]
    [InlineData("<think>a</think> b </think>", false, true)]
    [InlineData("<think>a</think><answer>b\n</answer>", false, false)]
    [InlineData("<think></think><answer></answer>", false, false)]
    [InlineData("<think>a</think>b</think><answer>c</answer>", false, false)] // what is thought may have a tag in it
    [InlineData("<think>a</think><answer>b</answer>c</answer>", false, false)]
    [InlineData("<think>a</think>\n<answer>b</answer>", false, true)]
    [InlineData("<think>a</think><answer>b</answer>\n", false, true)]
    [InlineData("<think>a</think><answer>b", false, true)]
    [InlineData(" <think>a</think>", true, true)]
    [InlineData("<think>a", true, true)]
    [InlineData("a</think>", true, true)]
    [InlineData("<THINK>a</THINK>", true, true)]
    [InlineData("<think</think>", true, true)]
    [InlineData("", true, true)]
    public void Rejects_ByTheLastMessagesForm(string last, bool rejects, bool rejectsWithoutAnswer)
    {
        var record = new InstructionRecord("d", "d_0", [
            new("assistant", "none"), new("user", "<think>a</think><answer>b</answer>"), new("assistant", last)]);
        Assert.Equal(rejects, ThinkFormatFilter.Rejects(record));
        Assert.Equal(rejectsWithoutAnswer, ThinkFormatFilter.RejectsWithoutAnswer(record));
    }
}
