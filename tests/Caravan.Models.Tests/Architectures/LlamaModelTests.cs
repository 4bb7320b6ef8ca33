using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Tests.Architectures;

/// <summary>Against the PyTorch model in <c>tests/golden/reference</c>; tolerances stand in the golden files.</summary>
public class LlamaModelTests
{
    [Theory]
    [InlineData("grouped"), InlineData("tied")]
    public void Logits_OfEachDocumentAlone_EqualPyTorchs(string name)
    {
        using var golden = new GoldenModel("llama", name);
        using var model = golden.Load();
        for (var i = 0; i < golden.Documents.Length; i++)
        {
            using var scope = new TensorScope();
            var logits = model.Logits(model.Forward(ModelInput.FromDocuments([golden.Documents[i]])));
            golden.AssertEqual("logits", golden.Expected($"logits.{i}"), logits);
        }
    }

    [Theory]
    [InlineData("grouped"), InlineData("tied")]
    public void Logits_OfPackedDocuments_EqualPyTorchs(string name)
    {
        using var golden = new GoldenModel("llama", name);
        using var model = golden.Load();
        using var scope = new TensorScope();
        var logits = model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents)));
        golden.AssertEqual("logits", golden.AllLogits(), logits);
    }

    [Theory]
    [InlineData("grouped", true), InlineData("grouped", false), InlineData("tied", true), InlineData("tied", false)]
    public void Gradients_OfAllParameters_EqualPyTorchs(string name, bool packed)
    {
        using var golden = new GoldenModel("llama", name);
        using var model = golden.Load(forTraining: true);
        model.RequireGradients();
        using var scope = new TensorScope();
        int[][] batches = packed ? [[0, 1, 2]] : [[0], [1], [2]];
        double loss = 0;
        foreach (var batch in batches)
        {
            var hidden = model.Forward(ModelInput.FromDocuments([.. batch.Select(i => golden.Documents[i])]));
            var targets = Tensor.tensor([.. batch.SelectMany(i => golden.Targets[i])]);
            var mean = LinearCrossEntropy.Sum(hidden, model.OutputWeight, targets) * (1.0 / golden.TargetTokens);
            mean.backward();
            loss += mean.item();
        }
        golden.AssertEqual("loss", golden.Expected("loss"), Tensor.full([], loss));
        foreach (var (parameterName, parameter) in model.Parameters)
            golden.AssertEqual("gradient", golden.Expected($"gradient.{parameterName}"), parameter.Grad!);
    }

    [Theory]
    [InlineData("grouped"), InlineData("tied")]
    public void Logits_TokenByTokenThroughTheCache_EqualPyTorchs(string name)
    {
        using var golden = new GoldenModel("llama", name);
        using var model = golden.Load();
        using var noGradients = GradientMode.Disable();
        using var scope = new TensorScope();
        var documents = golden.Documents;
        using var cache = model.CreateCache(documents.Length, documents.Max(document => document.Length));
        // A prefix of each at once, then one token of each per pass, until the shortest is used up.
        var rows = documents.Select(_ => new List<Tensor>()).ToArray();
        for (var position = 0; position < documents.Min(document => document.Length) - 2; position++)
        {
            var input = ModelInput.FromDocuments(
                [.. documents.Select(document => position == 0 ? document[..3] : document[(position + 2)..(position + 3)])],
                cache: cache);
            var logits = model.Logits(model.Forward(input));
            for (var i = 0; i < documents.Length; i++)
                rows[i].Add(logits.narrow(0, input.Boundaries.Start(i), input.Boundaries.Length(i)));
        }
        for (var i = 0; i < documents.Length; i++)
        {
            var logits = Tensor.cat([.. rows[i]]);
            golden.AssertEqual("logits", golden.Expected($"logits.{i}").narrow(0, 0, logits.Size(0)), logits);
        }
    }

    [Fact]
    public void Logits_InBfloat16_AreWithinItsError()
    {
        using var golden = new GoldenModel("llama", "grouped");
        using var model = golden.Load(dtype: Dtype.BFloat16);
        using var scope = new TensorScope();
        var logits = model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents))).to(Dtype.Float32);
        var expected = golden.AllLogits();
        // bf16 keeps 8 bits: about 0.4 % a rounding, of which a forward pass through three layers makes some thirty.
        Assert.True((logits - expected).norm().item() < 0.03 * expected.norm().item());
    }
}
