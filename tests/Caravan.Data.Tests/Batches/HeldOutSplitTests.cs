using Caravan.Files;

namespace Caravan.Data.Tests.Batches;

public sealed class HeldOutSplitTests
{
    private static readonly List<InstructionRecord> Records =
        [.. Enumerable.Range(0, 1000).Select(i => new InstructionRecord("d", $"d_{i}", [new("assistant", "x")]))];

    [Theory]
    [InlineData(0.1, 100)]
    [InlineData(0.0001, 1)]
    [InlineData(1, 1)]
    [InlineData(250, 250)]
    public void Split_FractionOrCount_TakesThatMany(double amount, int expected)
    {
        var (train, heldOut) = HeldOutSplit.Split(Records, amount, 7);
        Assert.Equal(expected, heldOut.Count);
        Assert.Equal(
            Records.Select(record => record.Id).Order(), train.Concat(heldOut).Select(record => record.Id).Order());
    }

    [Fact]
    public void Split_OtherOrder_TakesTheSameRecords_OtherSeed_Others()
    {
        var first = HeldOutSplit.Split(Records, 50, 1).HeldOut.Select(record => record.Id).ToHashSet();
        var reversed = HeldOutSplit.Split([.. Enumerable.Reverse(Records)], 50, 1).HeldOut;
        Assert.True(first.SetEquals(reversed.Select(record => record.Id)));
        Assert.False(first.SetEquals(HeldOutSplit.Split(Records, 50, 2).HeldOut.Select(record => record.Id)));
    }

    [Fact]
    public void Split_EqualNames_StayTogether()
    {
        List<InstructionRecord> doubled = [.. Records, .. Records];
        var (train, heldOut) = HeldOutSplit.Split(doubled, 101, 3);
        Assert.Equal(102, heldOut.Count);
        Assert.Empty(train.Select(record => record.Id).Intersect(heldOut.Select(record => record.Id)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1.5)]
    [InlineData(1000)]
    [InlineData(double.NaN)]
    public void Split_ImpossibleAmount_IsAnError(double amount) =>
        Assert.Throws<BadInputException>(() => HeldOutSplit.Split(Records, amount, 1));
}
