using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Benchmarks;

/// <summary>A kernel at one size, what it is compared with, and the least that it must do.</summary>
/// <param name="Operations">Floating point operations.</param>
/// <param name="Bytes">Bytes that must come from or go to memory if they are not in a cache.</param>
internal sealed record KernelCase(
    string Name, Action Run, Action Composition, double Operations, double Bytes, bool InBFloat16Matmuls = false);

/// <summary>The kernels at the sizes of a small and a medium model.</summary>
internal static class KernelCases
{
    private static readonly RandomGenerator Generator = new(3);

    internal static IEnumerable<KernelCase> All()
    {
        foreach (var dtype in new[] { Dtype.Float32, Dtype.BFloat16 })
        {
            foreach (var kernel in Attention(dtype, 4, 4, 32, 400, 40)
                .Concat(Attention(dtype, 4, 4, 32, 50, 40)).Concat(Attention(dtype, 6, 6, 48, 8, 512))
                .Concat(Attention(dtype, 12, 12, 64, 16, 128)).Concat(Attention(dtype, 12, 4, 64, 2, 1024))
                .Concat(Attention(dtype, 4, 2, 128, 1, 4096)))
            {
                yield return kernel;
            }
            foreach (var kernel in Rows(dtype, 4096, 256, 704).Concat(Rows(dtype, 16384, 128, 352)))
                yield return kernel;
            foreach (var kernel in CrossEntropy(dtype, 8192, 128, 4096).Concat(CrossEntropy(dtype, 4096, 288, 32_000)))
                yield return kernel;
            foreach (var kernel in Optimizer(dtype))
                yield return kernel;
            yield return Training(new TrainingStep(128, 4, 4, 2048, dtype, 200, 40));
            yield return Training(new TrainingStep(288, 6, 6, 32_000, dtype, 8, 512));
        }
    }

    private static KernelCase Training(TrainingStep step) => new(
        step.Name, step.Run, step.RunCompositions, step.Operations, 0,
        step.Name.Contains(nameof(Dtype.BFloat16), StringComparison.Ordinal));

    private static IEnumerable<KernelCase> Attention(
        Dtype dtype, int heads, int keyValueHeads, int headDim, int documents, int length)
    {
        var tokens = documents * length;
        var boundaries = new SequenceBoundaries([.. Enumerable.Range(0, documents + 1).Select(i => i * length)]);
        var (q, k, v) = (Random([tokens, heads, headDim], dtype), Random([tokens, keyValueHeads, headDim], dtype),
            Random([tokens, keyValueHeads, headDim], dtype));
        var gradient = Random([tokens, heads, headDim], dtype, false);
        var scale = 1 / Math.Sqrt(headDim);
        var name = $"attention {dtype} {documents}×{length} heads {heads}/{keyValueHeads} dim {headDim}";
        var product = (double)documents * length * (length + 1) / 2 * heads * headDim * 2;
        double bytes = (double)tokens * (2 * heads + 2 * keyValueHeads) * headDim * dtype.Size();
        yield return new($"{name} forward",
            NoGradient(() => CausalAttention.Forward(q, k, v, boundaries, scale)),
            NoGradient(() => CausalAttention.ForwardComposition(q, k, v, boundaries, scale)), 2 * product, bytes,
            dtype == Dtype.BFloat16);
        yield return new($"{name} both",
            () => Differentiate(CausalAttention.Forward(q, k, v, boundaries, scale), gradient, q, k, v),
            () => Differentiate(CausalAttention.ForwardComposition(q, k, v, boundaries, scale), gradient, q, k, v),
            7 * product, 3 * bytes, dtype == Dtype.BFloat16);
    }

    private static IEnumerable<KernelCase> Rows(Dtype dtype, int tokens, int hidden, int intermediate)
    {
        var (x, weight) = (Random([tokens, hidden], dtype), Random([hidden], dtype));
        var gradient = Random([tokens, hidden], dtype, false);
        double bytes = (double)tokens * hidden * dtype.Size();
        yield return new($"RMSNorm {dtype} {tokens}×{hidden} forward",
            NoGradient(() => RmsNorm.Forward(x, weight, 1e-5)),
            NoGradient(() => RmsNorm.ForwardComposition(x, weight, 1e-5)), 0, 2 * bytes);
        yield return new($"RMSNorm {dtype} {tokens}×{hidden} both",
            () => Differentiate(RmsNorm.Forward(x, weight, 1e-5), gradient, x, weight),
            () => Differentiate(RmsNorm.ForwardComposition(x, weight, 1e-5), gradient, x, weight), 0, 5 * bytes);

        var bias = Random([hidden], dtype);
        yield return new($"LayerNorm {dtype} {tokens}×{hidden} forward",
            NoGradient(() => LayerNorm.Forward(x, weight, bias, 1e-5)),
            NoGradient(() => LayerNorm.ForwardComposition(x, weight, bias, 1e-5)), 0, 2 * bytes);
        yield return new($"LayerNorm {dtype} {tokens}×{hidden} both",
            () => Differentiate(LayerNorm.Forward(x, weight, bias, 1e-5), gradient, x, weight, bias),
            () => Differentiate(LayerNorm.ForwardComposition(x, weight, bias, 1e-5), gradient, x, weight, bias), 0,
            5 * bytes);

        var heads = Random([tokens, hidden / 32, 32], dtype);
        var headsGradient = gradient.view(tokens, hidden / 32, 32);
        var angles = Random([tokens, 16], Dtype.Float32, false);
        var (cos, sin) = (angles.cos().Owned(), angles.sin().Owned());
        yield return new($"rotary {dtype} {tokens}×{hidden} both",
            () => Differentiate(Rotary.Apply(heads, cos, sin), headsGradient, heads),
            () => Differentiate(Rotary.ApplyComposition(heads, cos, sin), headsGradient, heads), 0, 4 * bytes);

        var (gate, up) = (Random([tokens, intermediate], dtype), Random([tokens, intermediate], dtype));
        var wideGradient = Random([tokens, intermediate], dtype, false);
        bytes = (double)tokens * intermediate * dtype.Size();
        yield return new($"SwiGLU {dtype} {tokens}×{intermediate} forward",
            NoGradient(() => SwiGlu.Forward(gate, up)), NoGradient(() => SwiGlu.ForwardComposition(gate, up)),
            0, 3 * bytes);
        yield return new($"SwiGLU {dtype} {tokens}×{intermediate} both",
            () => Differentiate(SwiGlu.Forward(gate, up), wideGradient, gate, up),
            () => Differentiate(SwiGlu.ForwardComposition(gate, up), wideGradient, gate, up), 0, 8 * bytes);
        foreach (var (name, kernel, composition) in new (string, Func<Tensor, Tensor>, Func<Tensor, Tensor>)[]
        {
            ("GELU", Gelu.Exact, i => i.gelu()), ("GELU tanh", Gelu.Tanh, i => i.gelu("tanh")),
            ("ReLU", Relu.Forward, i => i.relu()),
        })
        {
            yield return new($"{name} {dtype} {tokens}×{intermediate} both",
                () => Differentiate(kernel(gate), wideGradient, gate),
                () => Differentiate(composition(gate), wideGradient, gate), 0, 5 * bytes);
        }

        var projection = Random([intermediate, hidden], dtype);
        yield return new($"projection {dtype} {tokens}×{hidden}×{intermediate} both",
            () => Differentiate(Projection.Forward(x, projection), wideGradient, x, projection),
            () => Differentiate(x.linear(projection), wideGradient, x, projection),
            6.0 * tokens * hidden * intermediate, 0, dtype == Dtype.BFloat16);
    }

    private static IEnumerable<KernelCase> CrossEntropy(Dtype dtype, int tokens, int hidden, int vocabulary)
    {
        var (x, weight) = (Random([tokens, hidden], dtype), Random([vocabulary, hidden], dtype));
        var targets = Tensor.arange(0, tokens).Owned();
        for (var i = 0; i < tokens; i++)
            targets.Data<long>()[i] = i * 31 % vocabulary;
        var gradient = Random([tokens, hidden], dtype, false);
        yield return new($"embedding {dtype} {tokens}×{hidden}×{vocabulary} both",
            () => Differentiate(Embedding.Forward(weight, targets), gradient, weight),
            () => Differentiate(Tensor.embedding(weight, targets), gradient, weight),
            0, (3.0 * tokens + vocabulary) * hidden * dtype.Size());
        var one = Tensor.ones([]).Owned();
        yield return new($"cross entropy {dtype} {tokens}×{hidden}×{vocabulary} both",
            () => Differentiate(LinearCrossEntropy.Sum(x, weight, targets), one, x, weight),
            () => Differentiate(x.matmul(weight.t()).to(Dtype.Float32).log_softmax(1).gather(1, targets.unsqueeze(1))
                .sum().neg(), one, x, weight),
            6.0 * tokens * hidden * vocabulary, 0, dtype == Dtype.BFloat16);
    }

    private static IEnumerable<KernelCase> Optimizer(Dtype dtype)
    {
        const int count = 8_000_000;
        var parameter = Random([count], dtype, false);
        var gradient = Random([count], dtype, false);
        var state = AdamW.CreateState(parameter);
        var step = new AdamWStep(1e-4, 0.9, 0.999, 1e-8, 0.01, 10, 1);
        // Read and written: the moments and the parameter with its remainder; read: the gradient.
        double bytes = count * (24.0 + dtype.Size());
        yield return new($"AdamW {dtype} {count} parameters",
            () => AdamW.Update(parameter, gradient, state, step),
            () => AdamW.UpdateComposition(parameter, gradient, state, step), 0, bytes);
        var small = AdamW.CreateState(parameter, new AdamWFormat(EightBitMoments: true, StochasticRounding: true));
        // Read and written: two codes and the parameter itself; read: the gradient.
        bytes = count * (4.0 + 3 * dtype.Size());
        yield return new($"AdamW in 8 bits {dtype} {count} parameters",
            () => AdamW.Update(parameter, gradient, small, step),
            () => AdamW.UpdateComposition(parameter, gradient, state, step), 0, bytes);
        yield return new($"gradient norm {dtype} {count}",
            () => GradientNorm.Compute([gradient]), () => gradient.norm().item(), 0, (double)count * dtype.Size());
    }

    private static Tensor Random(long[] shape, Dtype dtype, bool requiresGrad = true)
    {
        using var scope = new TensorScope();
        var tensor = Tensor.randn(shape, Generator).to(dtype).Owned();
        tensor.RequiresGrad = requiresGrad;
        return tensor;
    }

    private static Action NoGradient(Func<Tensor> operation) => () =>
    {
        using var noGradients = GradientMode.Disable();
        operation();
    };

    private static void Differentiate(Tensor output, Tensor gradient, params Tensor[] inputs)
    {
        output.backward(gradient);
        foreach (var input in inputs)
            input.Grad = null;
    }
}
