using Caravan.Cli.Live;

namespace Caravan.Cli.Tests.Live;

public sealed class SparklineTests
{
    [Fact]
    public void Draw_RisingValues_UsesEveryLevelOnce() =>
        Assert.Equal("▁▂▃▄▅▆▇█", Sparkline.Draw([.. Enumerable.Range(0, 8).Select(i => (double)i)], 20));

    [Fact]
    public void Draw_MoreValuesThanColumns_AveragesNeighbours() =>
        Assert.Equal("█▁", Sparkline.Draw([9, 11, 1, 3], 2));

    [Fact]
    public void Draw_ConstantOrNotFinite_IsFlatAndWhole() => Assert.Equal("▁▁", Sparkline.Draw([2, double.NaN, 2], 5));

    [Fact]
    public void Draw_Nothing_IsEmpty() => Assert.Equal("", Sparkline.Draw([], 5));
}
