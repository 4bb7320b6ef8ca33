using System.Text.Json;
using Caravan.Kernels;
using Caravan.Models.Adapters;
using Caravan.Models.Files;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Tests.Adapters;

/// <summary>Against <c>tests/golden/nf4/lora.safetensors</c>: PyTorch's forward and backward pass over the same
/// quantised weight.</summary>
public sealed class LoraLayerTests : IDisposable
{
    private readonly TensorFile _golden = TensorFile.Open(Repository.Golden("nf4", "lora.safetensors"));
    private readonly JsonElement _facts =
        JsonDocument.Parse(File.ReadAllText(Repository.Golden("nf4", "expected.json"))).RootElement;

    public void Dispose() => _golden.Dispose();

    [Fact]
    public void Forward_OnAnNf4Weight_AndAllGradients_EqualPyTorchs()
    {
        using var scope = new TensorScope();
        var (linear, layer) = Make();
        var x = _golden.Read("x").view(-1, 40).clone();
        foreach (var leaf in new[] { x, layer.A, layer.B })
            leaf.RequiresGrad = true;
        linear.Adapter = layer.Forward;
        var y = linear.Forward(x);
        y.backward(_golden.Read("gradient.y").view(-1, 24));
        AssertClose("y", y.detach());
        AssertClose("gradient.x", x.Grad!);
        AssertClose("gradient.a", layer.A.Grad!);
        AssertClose("gradient.b", layer.B.Grad!);
    }

    [Fact]
    public void Merge_IntoAnNf4Weight_EqualsPyTorchs()
    {
        using var scope = new TensorScope();
        var (_, layer) = Make();
        AssertClose("merged", layer.Merge(Dtype.Float32));
    }

    private (Linear Linear, LoraLayer Layer) Make()
    {
        var quantized = Nf4Weight.Quantize(_golden.Read("weight"));
        Assert.True(quantized.Packed.equal(_golden.Read("packed").view(-1)));
        var linear = new Linear("layer", quantized);
        var layer = new LoraLayer(
            dropoutOf: () => null, linear, _golden.Read("a"), _golden.Read("b"),
            _facts.GetProperty("scale").GetDouble(),
            dropout: 0, place: 0);
        return (linear, layer);
    }

    private void AssertClose(string name, Tensor found)
    {
        var tolerance = _facts.GetProperty("tolerance").GetProperty("y, gradient.*, merged");
        var (absolute, relative) = (
            tolerance.GetProperty("absolute").GetDouble(), tolerance.GetProperty("relative").GetDouble());
        var expected = _golden.Read(name).view([.. found.Shape]);
        var excess = (found - expected).abs() - (expected.abs() * relative + absolute);
        Assert.True(excess.max().item() <= 0, $"{name}: off by {(found - expected).abs().max().item():g3}");
    }
}
