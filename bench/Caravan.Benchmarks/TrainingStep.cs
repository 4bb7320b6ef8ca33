using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Architectures;
using Caravan.Torch;
using Caravan.Training.Optimization;

namespace Caravan.Benchmarks;

/// <summary>Whole updates of a LLaMA on packed documents: forward, loss, backward, gradient norm, AdamW.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly LlamaModel _model;
    private readonly Optimizer _optimizer;
    private readonly int[][] _documents;
    private readonly long[] _targets;

    internal TrainingStep(int hidden, int layers, int heads, int vocabulary, Dtype dtype, int documents, int length)
    {
        var path = Path.Combine(Path.GetTempPath(), $"caravan-benchmark-{Environment.ProcessId}.json");
        File.WriteAllText(path, $$"""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": {{vocabulary}},
             "hidden_size": {{hidden}}, "intermediate_size": {{hidden * 8 / 3 / 16 * 16}},
             "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "tie_word_embeddings": true}
            """);
        using var generator = new RandomGenerator(1);
        _model = new LlamaModel(
            ModelConfigFile.Read(path), new RandomParameters(generator, 0.02, dtype));
        File.Delete(path);
        _model.RequireGradients();
        _optimizer = new Optimizer(_model.Parameters, 0.9, 0.95, 1e-8, 0.1);
        var random = new Random(1);
        _documents = [.. Enumerable.Range(0, documents).Select(_ =>
            Enumerable.Range(0, length).Select(_ => random.Next(vocabulary)).ToArray())];
        // Half of the tokens carry loss, as answers do.
        _targets = [.. _documents.SelectMany(d => d.Select(
            (id, i) => i < length / 2 ? LinearCrossEntropy.IgnoreIndex : id))];
        Name = $"training step {dtype} {_model.ParameterCount / 1e6:F1}M hidden {hidden}, {documents}×{length} tokens";
        // Multiplications and additions of matrices of parameters, the head's only where there is loss.
        var body = _model.ParameterCount - (long)vocabulary * hidden;
        Operations = 6.0 * documents * length * (body + 0.5 * vocabulary * hidden);
    }

    internal string Name { get; }

    internal double Operations { get; }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }

    internal void Run()
    {
        var hidden = _model.Forward(ModelInput.FromDocuments(_documents));
        LinearCrossEntropy.Sum(hidden, _model.OutputWeight, Tensor.tensor(_targets)).backward();
        _optimizer.Accumulate();
        _optimizer.GradientNorm();
        _optimizer.Step(1e-4, 1e-3);
    }

    internal void RunCompositions()
    {
        KernelSelection.SimdEnabled = false;
        try
        {
            Run();
        }
        finally
        {
            KernelSelection.SimdEnabled = true;
        }
    }
}
