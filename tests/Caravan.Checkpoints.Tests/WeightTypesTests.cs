namespace Caravan.Checkpoints.Tests;

public sealed class WeightTypesTests
{
    [Fact]
    public void Names_OfEveryType_LeadBackToIt()
    {
        foreach (var type in Enum.GetValues<WeightType>())
        {
            Assert.True(WeightTypes.TryParseSafetensors(type.SafetensorsName(), out var parsed));
            Assert.Equal(type, parsed);
            Assert.True(WeightTypes.TryParse("torch." + type.TorchName(), out parsed));
            Assert.Equal(type, parsed);
        }
    }

    [Theory]
    [InlineData("bf16", WeightType.BF16)]
    [InlineData("FP32", WeightType.F32)]
    [InlineData("half", WeightType.F16)]
    [InlineData("float", WeightType.F32)]
    public void TryParse_UsualNames_AreKnown(string name, WeightType expected)
    {
        Assert.True(WeightTypes.TryParse(name, out var type));
        Assert.Equal(expected, type);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("int4")]
    public void TryParse_UnknownNames_AreNot(string? name) => Assert.False(WeightTypes.TryParse(name, out _));
}
