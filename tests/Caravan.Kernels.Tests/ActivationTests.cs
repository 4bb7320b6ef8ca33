using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class ActivationTests : IDisposable
{
    private static readonly Dictionary<string, (Func<Tensor, Tensor> Kernel, Func<Tensor, Tensor> Composition)>
        Functions = new()
        {
            ["gelu"] = (Gelu.Exact, x => x.gelu("none")),
            ["gelu tanh"] = (Gelu.Tanh, x => x.gelu("tanh")),
            ["relu"] = (Relu.Forward, Relu.ForwardComposition),
        };

    private readonly RandomGenerator _generator = new(10);

    public void Dispose() => _generator.Dispose();

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (var name in Functions.Keys)
            {
                foreach (var (tokens, width) in new[] { (1, 1), (3, 17), (64, 352), (0, 8), (501, 100) })
                    cases.Add(name, tokens, width);
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Forward_EqualsLibtorch(string name, int tokens, int width)
    {
        using var scope = new TensorScope();
        var (kernel, composition) = Functions[name];
        var x = Tensor.randn([tokens, width], _generator) * 3;
        Gradients.AssertAllClose(
            Gradients.Of(i => composition(i[0]), x.to(Dtype.Float64)), Gradients.Of(i => kernel(i[0]), x),
            tolerance: 1e-6);

        var rounded = x.to(Dtype.BFloat16);
        Gradients.AssertAllClose(
            Gradients.Of(i => composition(i[0]), rounded.to(Dtype.Float32)),
            Gradients.Of(i => kernel(i[0]), rounded), tolerance: 5e-3);
    }

    [Theory]
    [InlineData("gelu"), InlineData("gelu tanh"), InlineData("relu")]
    public void Forward_OfExtremeValues_EqualsLibtorch(string name)
    {
        using var scope = new TensorScope();
        var (kernel, composition) = Functions[name];
        var x = Tensor.tensor([-1e30f, -200f, -12f, -1e-30f, 0f, 1e-30f, 12f, 200f, 1e30f]);
        float[] expected = [.. composition(x).Data<float>()], actual = [.. kernel(x).Data<float>()];
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-6 * Math.Abs(expected[i]) + 1e-30, $"{i}: {actual[i]}");
        Assert.All(Gradients.Of(i => kernel(i[0]), x), tensor => Assert.True(tensor.isfinite().all().item() != 0));
    }

    [Theory]
    [InlineData("gelu"), InlineData("gelu tanh"), InlineData("relu")]
    public void Forward_OfANan_IsNan(string name)
    {
        using var scope = new TensorScope();
        Assert.True(float.IsNaN(Functions[name].Kernel(Tensor.tensor([float.NaN, 1f])).Data<float>()[0]));
    }

    [Theory]
    [InlineData("gelu"), InlineData("gelu tanh"), InlineData("relu")]
    public void Forward_OnOneThreadAndOnTwoAndTransposed_GivesTheSameBits(string name)
    {
        using var scope = new TensorScope();
        var kernel = Functions[name].Kernel;
        var x = Tensor.randn([300, 352], _generator);
        var before = Libtorch.Threads;
        Libtorch.Threads = 1;
        var single = Gradients.Of(i => kernel(i[0]), x);
        Libtorch.Threads = 2;
        Gradients.AssertSame(single, Gradients.Of(i => kernel(i[0]), x));
        Libtorch.Threads = before;
        Assert.True(kernel(x.t().contiguous().t()).equal(single[0]));
    }
}
