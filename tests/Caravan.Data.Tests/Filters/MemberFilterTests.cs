using Caravan.Data.Filters;

namespace Caravan.Data.Tests.Filters;

/// <summary>Filters that look at what records have besides their messages.</summary>
public sealed class MemberFilterTests
{
    [Theory]
    [InlineData("""
        "language": "English"
        """, false)]
    [InlineData("""
        "toxic": false, "redacted": false, "language": "eNGLISH"
        """, false)]
    [InlineData("""
        "toxic": null, "language": "English"
        """, false)]
    [InlineData("""
        "toxic": true, "language": "English"
        """, true)]
    [InlineData("""
        "redacted": true, "language": "English"
        """, true)]
    [InlineData("""
        "language": "French"
        """, true)]
    [InlineData("""
        "language": "English (Old)"
        """, true)]
    [InlineData("""
        "language": null
        """, true)]
    [InlineData(null, true)]
    public void WildChat_RejectsToxicRedactedAndOtherLanguages(string? members, bool expected) =>
        Assert.Equal(expected, WildChatFilter.Rejects(Record(members)));

    [Theory]
    [InlineData("\"source\": \"a\"", true)]
    [InlineData("\"x\": {\"source\": \"a\"}, \"source\": \"c\\u00e9\"", true)]
    [InlineData("\"source\": \"A\"", false)]
    [InlineData("\"source\": \"ab\"", false)]
    [InlineData("\"source\": [\"a\"]", false)]
    [InlineData("\"sources\": \"a\"", false)]
    [InlineData(null, false)]
    public void Sources_RejectsTheWholeNameOnly(string? members, bool expected) =>
        Assert.Equal(expected, SourceFilter.Against(["a", "c\u00e9"]).Rejects(Record(members)));

    private static InstructionRecord Record(string? members) =>
        new("d", "d_0", [new("user", "q"), new("assistant", "a")]) { OtherKeys = members };
}
