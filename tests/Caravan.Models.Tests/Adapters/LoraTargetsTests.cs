using Caravan.Files;
using Caravan.Models.Adapters;

namespace Caravan.Models.Tests.Adapters;

public class LoraTargetsTests
{
    private static readonly string[] Layers =
        ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj", "model.layers.1.mlp.up_proj", "aq_proj"];

    [Theory]
    [InlineData("q_proj", 0), InlineData("k_proj,up_proj", 1, 2), InlineData("self_attn.q_proj, aq_proj", 0, 3)]
    [InlineData("all-linear", 0, 1, 2, 3), InlineData(@".*\.layers\.0\..*", 0, 1), InlineData(".*q_proj", 0, 3)]
    public void Parse_SelectsAsPeftDoes(string text, params int[] expected) =>
        Assert.Equal(expected.Select(i => Layers[i]), LoraTargets.Parse(text).Select(Layers));

    [Theory]
    [InlineData("q_pro"), InlineData(@"layers\.0"), InlineData("self_attn")]
    public void Select_WithoutAMatch_IsAnErrorThatNamesTheLayers(string text)
    {
        var error = Assert.Throws<BadInputException>(() => LoraTargets.Parse(text).Select(Layers));
        Assert.Contains("q_proj, k_proj, up_proj, aq_proj", error.Message);
    }

    [Theory]
    [InlineData("(q_proj"), InlineData("[")]
    public void Select_WithABrokenPattern_SaysSo(string pattern) =>
        Assert.Contains("no usable pattern", Assert.Throws<BadInputException>(
            () => LoraTargets.Matching(pattern).Select(Layers)).Message);
}
