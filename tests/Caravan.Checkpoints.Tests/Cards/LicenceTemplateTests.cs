using Caravan.Files;

namespace Caravan.Checkpoints.Tests.Cards;

public sealed class LicenceTemplateTests
{
    [Fact]
    public void Fill_EveryPlaceholder_GetsTheName() => Assert.Equal(
        ("tulu-65b is tulu-65b.", 2), LicenceTemplate.Fill("x", "<MODELNAME> is <MODELNAME>.", "tulu-65b"));

    [Fact]
    public void Fill_NoPlaceholder_IsCounted() => Assert.Equal(("text", 0), LicenceTemplate.Fill("x", "text", "m"));

    [Theory]
    [InlineData("<modelname>")]
    [InlineData("<MODEL NAME>")]
    [InlineData("[MODEL_NAME]")]
    [InlineData("{{ model-name }}")]
    public void Fill_OtherSpelling_IsRefusedWithItsLine(string placeholder)
    {
        var error = Assert.Throws<BadInputException>(
            () => LicenceTemplate.Fill("l.txt", $"<MODELNAME>\n{placeholder}", "m"));
        Assert.StartsWith($"l.txt:2: '{placeholder}' is not filled in", error.Message);
    }

    [Fact]
    public void Generic_NamesTheModelEverywhere()
    {
        var (text, filled) = LicenceTemplate.Fill("generic", LicenceTemplate.Generic, "tulu-7b");
        Assert.True(filled > 3);
        Assert.DoesNotContain("MODELNAME", text);
    }
}
