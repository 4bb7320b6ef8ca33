using Caravan.Data.Edits;
using Caravan.Text;

namespace Caravan.Data.Tests.Edits;

public sealed class RecordEditTests
{
    [Theory]
    [InlineData("special_tokens", "<think>a</think><answer>b</answer>", "\na\n\nb")]
    [InlineData("special_tokens", "<think><think>", "\n\n")]
    [InlineData("special_tokens", "<th<answer>ink>", "<th\n\nink>")]
    [InlineData("add_answer_tags", "<think>a</think>b", "<think>a</think>\n<answer>\nb\n</answer>")]
    [InlineData("add_answer_tags", "<think>a</think>\nb", "<think>a</think>\n<answer>\nb\n</answer>")]
    [InlineData("add_answer_tags", "<think>a</think><answer>b</answer>", "<think>a</think>\n<answer>b</answer>")]
    [InlineData("add_answer_tags", "a", "a\n</answer>")]
    [InlineData("strip_answer_tags", "<think>a</think><answer>b</answer>\n", "<think>a</think>\nb")]
    [InlineData("strip_answer_tags", "<think>a</think>\n<answer> b </answer>", "<think>a</think>\n b")]
    public void Apply_AnAnswer(string edit, string answer, string expected)
    {
        var record = new InstructionRecord("d", "d_0", [new("user", "q"), new("assistant", answer)]);
        Assert.Equal([new("user", "q"), new ChatMessage("assistant", expected)], Apply(edit, record).Messages);
    }

    [Theory]
    [InlineData("special_tokens", "b")]
    [InlineData("add_answer_tags", "<think>a</think>\n<answer>b</answer>")]
    [InlineData("strip_answer_tags", "<think>a</think>\nb")]
    public void Apply_NothingToChange_IsTheSameRecord(string edit, string answer)
    {
        var record = new InstructionRecord("d", "d_0", [new("assistant", answer)]);
        Assert.Same(record, Apply(edit, record));
    }

    [Fact]
    public void Apply_QuestionsLoseTheirTokensToo_AndTagsGoToLastAnswersOnly()
    {
        var record = new InstructionRecord("d", "d_0", [new("assistant", "<answer>"), new("user", "<think>")]);
        Assert.Equal(
            ["\n\n", "\n"], Apply("special_tokens", record).Messages.Select(message => message.Content));
        Assert.Same(record, Apply("add_answer_tags", record));
        Assert.Same(record, Apply("strip_answer_tags", record));
    }

    [Fact]
    public void MemberEdits_DropAndState()
    {
        var record = new InstructionRecord("d", "d_0", [new("assistant", "a")])
        {
            OtherKeys = "\"prompt\": {\"x\": 1}, \"source\": \"old\", \"n\": null",
        };
        Assert.Equal("\"source\": \"old\"", MemberEdits.Drop("prompt", "n", "absent").Apply(record).OtherKeys);
        Assert.Null(MemberEdits.Drop("prompt", "n", "source").Apply(record).OtherKeys);
        Assert.Same(record, MemberEdits.Drop("absent").Apply(record));
        Assert.Equal("\"prompt\": {\"x\": 1}, \"n\": null, \"source\": \"new\"",
            MemberEdits.Source("new").Apply(record).OtherKeys);
        Assert.Equal(
            "\"source\": \"new\"", MemberEdits.Source("new").Apply(record with { OtherKeys = null }).OtherKeys);
    }

    private static InstructionRecord Apply(string edit, InstructionRecord record) =>
        RecordEdit.All.Single(each => each.Name == edit).Apply(record);
}
