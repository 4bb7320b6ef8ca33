using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Terminals;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(7.25, "7.25")]
    [InlineData(45.678, "45.7")]
    [InlineData(999, "999")]
    [InlineData(27_412, "27.4k")]
    [InlineData(999_700, "1.00M")]
    [InlineData(1_921_000, "1.92M")]
    [InlineData(6_738_000_000, "6.74B")]
    public void Short_Number_HasThreeDigits(double value, string expected) =>
        Assert.Equal(expected, Quantity.Short(value));

    [Theory]
    [InlineData(4.04, "4.0 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min 00 s")]
    [InlineData(222, "3 min 42 s")]
    [InlineData(7500, "2 h 05 min")]
    public void Duration_Seconds_AreReadable(double seconds, string expected) =>
        Assert.Equal(expected, Quantity.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(2e-5, "2e-5")]
    [InlineData(0.00125, "1.25e-3")]
    public void Rate_LearningRate_HasAnExponent(double rate, string expected) =>
        Assert.Equal(expected, Quantity.Rate(rate));

    [Fact]
    public void Share_OfNothing_IsADash() => Assert.Equal("–", Quantity.Share(0, 0));
}
