namespace Caravan.Text.Tests.Preflight;

public sealed class ChatPreflightTests
{
    private static readonly ChatMessage[] Good =
        [new("user", "Hi"), new("assistant", "Hello"), new("user", "Bye"), new("assistant", "Bye")];

    [Theory]
    [InlineData("tulu")]
    [InlineData("zephyr")]
    [InlineData("vicuna")]
    [InlineData("llama-2-chat")]
    public void Check_GoodRecords_Passes(string template)
    {
        var report = Check(ChatTemplate.ByName(template), 100, Good);

        Assert.True(report.Passed, string.Join('\n', report.Examples));
        Assert.Equal((1, 0, 1), (report.Records, report.Truncated, report.LengthHistogram.Sum()));
    }

    [Fact]
    public void Check_EndOfTurnThatIsNoToken_IsFound()
    {
        // LLaMA 2 does not know ChatML's marks, so they fall into pieces.
        var report = Check(ChatTemplate.ChatMl, 1000, Good);

        Assert.Equal(1, report.Counts[PreflightProblemKind.EndOfTurnNotTrained]);
    }

    [Fact]
    public void Check_NothingToLearn_IsFound()
    {
        var report = Check(ChatTemplate.Tulu, 1000, Good[..1], Good);

        var problem = Assert.Single(report.Examples);
        Assert.Equal(("record 0", PreflightProblemKind.NoLossTokens), (problem.RecordId, problem.Kind));
    }

    [Fact]
    public void Check_AnswerBehindTheLimit_HasNoLossAndCountsAsTruncated()
    {
        var report = Check(
            ChatTemplate.Tulu, 8, (ChatMessage[])[new("user", new string('x', 200)), new("assistant", "y")]);

        Assert.Equal(1, report.Counts[PreflightProblemKind.NoLossTokens]);
        Assert.Equal(["record 0"], report.TruncatedIds);
    }

    [Fact]
    public void Check_DoubledBeginning_IsFound()
    {
        var report = Check(ChatTemplate.OpenAlpacaV1, 1000, Good[..2]);

        Assert.Contains(PreflightProblemKind.BeginningRepeated, report.Counts.Keys);
    }

    [Fact]
    public void Check_UnknownRole_IsReportedWithItsRecord()
    {
        var report = Check(ChatTemplate.Tulu, 1000, Good, (ChatMessage[])[new("narrator", "x")]);

        Assert.Equal(PreflightProblemKind.NotRendered, Assert.Single(report.Examples).Kind);
        Assert.Contains("narrator", report.Examples[0].Message);
    }

    [Fact]
    public void Check_TemplateWhosePromptDiffers_IsFound()
    {
        var template = ChatTemplate.FromJinja(
            "{% for m in messages %}{{ m.role }}:{% generation %}{{ m.content + eos_token }}{% endgeneration %}{% endfor %}" +
            "{% if add_generation_prompt %}ASSISTANT:{% endif %}");

        Assert.Contains(PreflightProblemKind.GenerationDiffers, Check(template, 1000, Good).Counts.Keys);
    }

    private static PreflightReport Check(ChatTemplate template, int maxLength, params ChatMessage[][] records) =>
        ChatPreflight.Check(
            template,
            RealTokenizers.Llama2,
            records.Select((messages, i) => ($"record {i}", (IReadOnlyList<ChatMessage>)messages)),
            maxLength,
            TestContext.Current.CancellationToken);
}
