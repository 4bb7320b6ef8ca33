using Caravan.Kernels;
using Caravan.Models.Adapters;
using Caravan.Torch;

namespace Caravan.Models.Tests.Architectures;

/// <summary>What is put onto models from outside works on every architecture.</summary>
public class AdditionTests
{
    public static TheoryData<string> All => GoldenCases.All;

    [Theory, MemberData(nameof(All))]
    public void Gradients_WithLayersComputedAgain_AreTheSameBits(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var kept = golden.Load(forTraining: true);
        using var again = golden.Load(forTraining: true);
        again.GradientCheckpointing = true;
        foreach (var model in new[] { kept, again })
        {
            model.Dropout = golden.Folder.Contains("gpt2", StringComparison.Ordinal) ? null : new DropoutStream(3);
            model.RequireGradients();
            Train(model, golden);
        }
        foreach (var ((parameterName, expected), (_, found)) in kept.Parameters.Zip(again.Parameters))
            Assert.True(expected.Grad!.equal(found.Grad!), parameterName);
    }

    [Theory, MemberData(nameof(All))]
    public void Lora_OnAllLinearLayers_TrainsAndMerges(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load(forTraining: true, edit: config => config.Set("attn_pdrop", 0));
        using var adapter = LoraAdapter.Attach(model, new LoraConfig { Rank = 3 }, seed: 5);
        using var scope = new TensorScope();
        Train(model, golden);
        using (GradientMode.Disable())
        {
            foreach (var (_, parameter) in adapter.Parameters.Where(pair => pair.Value.Grad is not null))
                parameter.add_(parameter.Grad!, -0.001);
            var (before, adapted) = (golden.AllLogits(), Logits(model, golden));
            adapter.Merge();
            var merged = Logits(model, golden);
            // The same sums in another order: some roundings of 6e-8.
            Assert.True((merged - adapted).norm().item() < 1e-5 * adapted.norm().item());
            Assert.True((before - adapted).norm().item() > 1e-3 * adapted.norm().item());
        }
    }

    [Fact]
    public void Weights_StoredTransposed_QuantiseAsTheirTransposes()
    {
        using var golden = new GoldenModel("architectures", "gpt2");
        using var full = golden.Load();
        using var quantised = golden.Load(linears: WeightPrecision.Int8);
        using var scope = new TensorScope();
        foreach (var (layer, linear) in full.Linears)
        {
            var weight = quantised.Linears[layer].Quantized!;
            Assert.Equal((linear.Outputs, linear.Inputs), (weight.Rows, weight.Columns));
            var difference = weight.Dequantize(Dtype.Float32) - linear.Weight.t();
            Assert.True(difference.norm().item() < 0.01 * linear.Weight.norm().item());
        }
        var folder = Directory.CreateTempSubdirectory("caravan-gpt2-").FullName;
        ModelFolder.Save(quantised, folder);
        using (var saved = ModelFolder.Load(folder, Dtype.Float32))
            golden.AssertEqual("logits", Logits(quantised, golden), Logits(saved, golden));
        Directory.Delete(folder, recursive: true);
    }

    private static void Train(LanguageModel model, GoldenModel golden)
    {
        using var scope = new TensorScope();
        var hidden = model.Forward(ModelInput.FromDocuments(golden.Documents));
        LinearCrossEntropy.Sum(hidden, model.OutputWeight, Tensor.tensor([.. golden.Targets.SelectMany(row => row)]))
            .backward();
    }

    private static Tensor Logits(LanguageModel model, GoldenModel golden) =>
        model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents)));
}
