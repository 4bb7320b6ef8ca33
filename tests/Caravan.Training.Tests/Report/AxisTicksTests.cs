using Caravan.Training.Report;

namespace Caravan.Training.Tests.Report;

public sealed class AxisTicksTests
{
    [Theory]
    [InlineData(0, 1, 5, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    [InlineData(0, 6.9, 5, new double[] { 0, 1, 2, 3, 4, 5, 6 })]
    [InlineData(0, 2e-5, 4, new[] { 0, 5e-6, 1e-5, 1.5e-5, 2e-5 })]
    [InlineData(0, 40_000, 5, new double[] { 0, 10_000, 20_000, 30_000, 40_000 })]
    [InlineData(3, 3, 5, new double[] { 3 })]
    public void Between_Range_GivesRoundNumbersInside(double low, double high, int wanted, double[] expected) =>
        Assert.Equal(expected, AxisTicks.Between(low, high, wanted));
}
