using Caravan.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests.Architectures;

/// <summary>Dropout that architectures have themselves.</summary>
public class DropoutTests
{
    [Theory]
    [InlineData("opt"), InlineData("opt_350m")]
    public void Forward_InTraining_DropsAndRepeatsWithTheSeed(string name)
    {
        using var golden = new GoldenModel("architectures", name);
        using var model = golden.Load();
        using var scope = new TensorScope();
        Tensor Logits() => model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents)));

        model.Dropout = new DropoutStream(1);
        var (first, second) = (Logits(), Logits());
        Assert.False(first.equal(second));
        model.Dropout = new DropoutStream(1);
        Assert.True(first.equal(Logits()));
        using (GradientMode.Disable())
            golden.AssertEqual("logits", golden.AllLogits(), Logits());
    }

    [Fact]
    public void Forward_InTrainingWithDropoutOfAttentionWeights_NamesTheKey()
    {
        using var golden = new GoldenModel("architectures", "gpt2");
        using var model = golden.Load();
        model.Dropout = new DropoutStream(1);
        using var scope = new TensorScope();
        var failure = Assert.Throws<BadInputException>(
            () => model.Forward(ModelInput.FromDocuments(golden.Documents)));
        Assert.Contains("'attn_pdrop' is 0.1", failure.Message, StringComparison.Ordinal);
    }
}
