using Caravan.Torch;

namespace Caravan.Kernels.Tests;

/// <summary>What holds for every kernel, forward and backward: the same bits on any number of threads, and from tensors
/// that do not lie contiguously. Attention, projections, LayerNorm and the activations have such tests beside their
/// other ones.</summary>
public sealed class InvarianceTests : IDisposable
{
    private const int Tokens = 310, Width = 136, Vocabulary = 500;

    private static readonly Tensor Ids = Integers(i => i * 31 % Vocabulary);
    private static readonly Tensor Targets =
        Integers(i => i % 3 == 0 ? LinearCrossEntropy.IgnoreIndex : i % Vocabulary);
    private static readonly Tensor Cosines = Tensor.full([Tokens, 17], 0.8).Owned();
    private static readonly Tensor Sines = Tensor.full([Tokens, 17], 0.6).Owned();

    // Whether libtorch multiplies matrices in fp32, whose sums depend on its threads.
    private static readonly Dictionary<string, (bool Multiplies, long[][] Shapes, Func<Tensor[], Tensor> Run)> Kernels =
        new()
        {
            ["RMSNorm"] = (false, [[Tokens, Width], [Width]], x => RmsNorm.Forward(x[0], x[1], 1e-5)),
            ["RMSNorm of a sum"] = (false, [[Tokens, Width], [Tokens, Width], [Width]],
                x => RmsNorm.AddForward(x[0], x[1], x[2], 1e-5).Normalised),
            ["rotary"] = (false, [[Tokens, 4, 34]], x => Rotary.Apply(x[0], Cosines, Sines)),
            ["SwiGLU"] = (false, [[Tokens, Width], [Tokens, Width]], x => SwiGlu.Forward(x[0], x[1])),
            ["gated projection"] = (true, [[Tokens, Width], [Tokens, Width], [96, Width]],
                x => GatedProjection.Forward(x[0], x[1], x[2])),
            ["dropout"] = (false, [[Tokens, Width]], x => Dropout.Forward(x[0], 0.2, 5)),
            ["embedding"] = (false, [[Vocabulary, Width]], x => Embedding.Forward(x[0], Ids)),
            ["cross entropy"] = (true, [[Tokens, Width], [Vocabulary, Width]],
                x => LinearCrossEntropy.Sum(x[0], x[1], Targets)),
            ["log-probabilities"] = (true, [[Tokens, Width], [Vocabulary, Width]],
                x => LinearCrossEntropy.TokenLogProbabilities(x[0], x[1], Targets, withGradients: true)),
        };

    private readonly RandomGenerator _generator = new(21);

    public static TheoryData<string, Dtype> Cases
    {
        get
        {
            var cases = new TheoryData<string, Dtype>();
            foreach (var name in Kernels.Keys)
            {
                cases.Add(name, Dtype.Float32);
                cases.Add(name, Dtype.BFloat16);
            }
            return cases;
        }
    }

    public void Dispose() => _generator.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public void OnOneThreadAndOnTwo_TheBitsAreTheSame(string name, Dtype dtype)
    {
        using var scope = new TensorScope();
        var (multiplies, inputs, kernel) = Open(name, dtype);
        var before = Libtorch.Threads;
        Tensor[] Run(int threads)
        {
            Libtorch.Threads = threads;
            return Gradients.Of(kernel, inputs);
        }
        var (one, two) = (Run(1), Run(2));
        Gradients.AssertSame(one, Run(1));
        Gradients.AssertSame(two, Run(2));
        if (!multiplies || dtype == Dtype.BFloat16 && KernelSelection.TilesEnabled)
            Gradients.AssertSame(one, two);
        Libtorch.Threads = before;
    }

    // The first axes change places in memory, those of the inputs and that of the output's gradient.
    [Theory, MemberData(nameof(Cases))]
    public void OfTensorsThatAreNotContiguous_TheBitsAreTheSame(string name, Dtype dtype)
    {
        using var scope = new TensorScope();
        var (_, inputs, kernel) = Open(name, dtype);
        var expected = Gradients.Of(kernel, inputs);
        var actual = Gradients.Of(x => Rearrange(kernel([.. x.Select(Rearrange)])), inputs);
        Gradients.AssertSame(expected, actual);

        static Tensor Rearrange(Tensor x) =>
            x.Shape.Count < 2 ? x : x.transpose(0, 1).contiguous().transpose(0, 1);
    }

    private (bool Multiplies, Tensor[] Inputs, Func<Tensor[], Tensor> Run) Open(string name, Dtype dtype)
    {
        var (multiplies, shapes, run) = Kernels[name];
        return (multiplies, [.. shapes.Select(shape => Tensor.randn(shape, _generator).to(dtype))], run);
    }

    private static Tensor Integers(Func<int, long> value) =>
        Tensor.tensor([.. Enumerable.Range(0, Tokens).Select(value)]).Owned();
}
