using System.Diagnostics;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Cli.Benchmarks;

/// <summary>Where a training step's time goes: each of its operators alone, at the step's sizes, as often as the step
/// has it.</summary>
internal sealed class OperatorProfile : IDisposable
{
    // Enough for the runtime to have compiled the code a second time, optimised.
    private const int Repetitions = 12;

    private readonly TrainingSize _size;
    private readonly Dtype _dtype;
    private readonly RandomGenerator _generator = new(7);
    private readonly List<OperatorTime> _times = [];

    private OperatorProfile(TrainingSize size, Dtype dtype) => (_size, _dtype) = (size, dtype);

    /// <summary>The operators of a step, the slowest first.</summary>
    public static IReadOnlyList<OperatorTime> Measure(TrainingCase measured)
    {
        Libtorch.Threads = measured.Threads;
        var (size, dtype) = (measured.Size, measured.IsBFloat16 ? Dtype.BFloat16 : Dtype.Float32);
        using var profile = new OperatorProfile(size, dtype);
        profile.Projections();
        profile.Attention();
        profile.Rows();
        profile.Vocabulary();
        profile.Update();
        return [.. profile._times.OrderByDescending(time => time.Milliseconds)];
    }

    public void Dispose() => _generator.Dispose();

    private void Projections()
    {
        var (dim, mlp) = (_size.Dim, _size.Mlp);
        foreach (var (name, inputs, outputs, count) in new[]
        {
            ("query, key, value, output", dim, dim, 4), ("gate, up", dim, mlp, 2), ("down", mlp, dim, 1),
        })
        {
            using var scope = new TensorScope();
            var (x, weight) = (Random(_size.Tokens, inputs), Random(outputs, inputs));
            x.RequiresGrad = weight.RequiresGrad = true;
            var gradient = Random(_size.Tokens, outputs);
            var flops = 2.0 * _size.Tokens * inputs * outputs;
            Add($"{name} forward", count * _size.Layers,
                Time(() => Projection.Forward(x.detach(), weight.detach())), flops);
            Add($"{name} gradients", count * _size.Layers,
                Gradients(() => Projection.Forward(x, weight), gradient, x, weight), 2 * flops);
        }
    }

    private void Attention()
    {
        using var scope = new TensorScope();
        var headDim = _size.Dim / _size.Heads;
        Tensor[] inputs = [.. Enumerable.Range(0, 3).Select(_ => Random(_size.Tokens, _size.Dim)
            .view(_size.Tokens, _size.Heads, headDim))];
        var gradient = Random(_size.Tokens, _size.Dim).view(_size.Tokens, _size.Heads, headDim);
        var boundaries = new SequenceBoundaries(
            [.. Enumerable.Range(0, _size.Batch + 1).Select(i => i * _size.Length)]);
        Tensor Forward(Tensor[] x) => CausalAttention.Forward(x[0], x[1], x[2], boundaries, 1 / Math.Sqrt(headDim));
        var product = (double)_size.Tokens * (_size.Length + 1) * _size.Dim;
        Add("attention forward", _size.Layers, Time(() => Forward(inputs)), 2 * product);
        foreach (var input in inputs)
            input.RequiresGrad = true;
        Add("attention gradients", _size.Layers, Gradients(() => Forward(inputs), gradient, inputs), 5 * product);
        var cosines = Tensor.randn([_size.Tokens, headDim / 2], _generator);
        var sines = Tensor.randn([_size.Tokens, headDim / 2], _generator);
        Add("rotary forward", 2 * _size.Layers, Time(() => Rotary.Apply(inputs[0].detach(), cosines, sines)));
        Add("rotary gradients", 2 * _size.Layers,
            Gradients(() => Rotary.Apply(inputs[0], cosines, sines), gradient, inputs[0]));
    }

    private void Rows()
    {
        using var scope = new TensorScope();
        var (x, weight, other) = (Random(_size.Tokens, _size.Dim), Random(_size.Dim), Random(_size.Tokens, _size.Dim));
        x.RequiresGrad = weight.RequiresGrad = true;
        Add("norms forward", 2 * _size.Layers + 1, Time(() => RmsNorm.Forward(x.detach(), weight.detach(), 1e-5)));
        Add("norms gradients", 2 * _size.Layers + 1,
            Gradients(() => RmsNorm.Forward(x, weight, 1e-5), other, x, weight));
        Add("sums of the residual stream and of gradients", 4 * _size.Layers, Time(() => x.detach() + other));
        var (gate, up) = (Random(_size.Tokens, _size.Mlp), Random(_size.Tokens, _size.Mlp));
        gate.RequiresGrad = up.RequiresGrad = true;
        Add("SwiGLU forward", _size.Layers, Time(() => SwiGlu.Forward(gate.detach(), up.detach())));
        Add("SwiGLU gradients", _size.Layers,
            Gradients(() => SwiGlu.Forward(gate, up), Random(_size.Tokens, _size.Mlp), gate, up));
    }

    private void Vocabulary()
    {
        using var scope = new TensorScope();
        // Logits around 0, as a model's are: their exponentials would else be numbers too small for full speed.
        var (hidden, weight) = (Random(_size.Tokens, _size.Dim), Random(_size.Vocabulary, _size.Dim) * 0.02);
        var targets = Tensor.tensor([.. Enumerable.Range(0, _size.Tokens).Select(i => i * 31L % _size.Vocabulary)]);
        hidden.RequiresGrad = weight.RequiresGrad = true;
        Add("vocabulary and cross entropy, with gradients", 1,
            Time(() => LinearCrossEntropy.Sum(hidden, weight, targets)),
            6.0 * _size.Tokens * _size.Dim * _size.Vocabulary);
        Add("cross entropy, scaling its gradients", 1,
            Gradients(() => LinearCrossEntropy.Sum(hidden, weight, targets), Tensor.ones([]), hidden, weight));
        Add("embedding forward", 1, Time(() => Embedding.Forward(weight.detach(), targets)));
        Add("embedding gradients", 1, Gradients(() => Embedding.Forward(weight, targets), hidden.detach(), weight));
    }

    private void Update()
    {
        using var scope = new TensorScope();
        var count = _size.Layers * (4L * _size.Dim * _size.Dim + 3L * _size.Dim * _size.Mlp)
            + (long)_size.Vocabulary * _size.Dim;
        var (parameter, gradient) = (Random(count), Random(count));
        using var state = AdamW.CreateState(parameter);
        Add("AdamW", 1, Time(() =>
        {
            AdamW.Update(parameter, gradient, state, new AdamWStep(1e-4, 0.9, 0.999, 1e-8, 0, 10, 1));
            return parameter;
        }));
        Add("gradient norm", 1, Time(() =>
        {
            GradientNorm.Compute([gradient]);
            return gradient;
        }));
    }

    private void Add(string name, int count, double seconds, double operations = 0) =>
        _times.Add(new(name, 1e3 * count * seconds, operations > 0 ? operations / seconds / 1e9 : null));

    private Tensor Random(params long[] shape) => Tensor.randn(shape, _generator).to(_dtype);

    // The best of some runs; the first one takes fresh memory.
    private static double Time(Func<Tensor> operation)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i <= Repetitions; i++)
        {
            using var scope = new TensorScope();
            var start = Stopwatch.GetTimestamp();
            operation();
            if (i > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static double Gradients(Func<Tensor> operation, Tensor gradient, params Tensor[] inputs)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i <= Repetitions; i++)
        {
            using var scope = new TensorScope();
            var output = operation();
            var start = Stopwatch.GetTimestamp();
            output.backward(gradient);
            if (i > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            foreach (var input in inputs)
                input.Grad = null;
        }
        return best;
    }
}
