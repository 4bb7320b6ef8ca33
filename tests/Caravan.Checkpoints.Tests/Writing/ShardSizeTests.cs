using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class ShardSizeTests
{
    [Theory]
    [InlineData("5GB", 5_000_000_000)]
    [InlineData("500mb", 500_000_000)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("1.5 KB", 1500)]
    [InlineData("1234", 1234)]
    [InlineData("7B", 7)]
    public void Parse_UsualSpellings_GivesBytes(string text, long bytes) => Assert.Equal(bytes, ShardSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-5GB")]
    [InlineData("0")]
    [InlineData("5 apples")]
    [InlineData("999999999999TB")]
    public void Parse_NotASize_SaysHowToWriteOne(string text) =>
        Assert.Contains("5GB", Assert.Throws<BadInputException>(() => ShardSize.Parse(text)).Message);

    [Theory]
    [InlineData(new long[] { 4, 4, 4 }, 8, new[] { 2, 1 })]
    [InlineData(new long[] { 4, 4, 4 }, 7, new[] { 1, 1, 1 })]
    [InlineData(new long[] { 4, 90, 4, 4 }, 8, new[] { 1, 1, 2 })]
    [InlineData(new long[] { 0, 90, 0 }, 8, new[] { 2, 1 })]
    [InlineData(new long[] { }, 8, new[] { 0 })]
    public void Fill_Sizes_ClosesAShardBeforeItExceeds(long[] sizes, long limit, int[] counts) =>
        Assert.Equal(counts, ShardPlan.Fill(sizes, limit).Select(shard => shard.Count));
}
