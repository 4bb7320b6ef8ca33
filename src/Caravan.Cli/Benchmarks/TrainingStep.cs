using System.Diagnostics;
using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Torch;
using Caravan.Training.Optimization;

namespace Caravan.Cli.Benchmarks;

/// <summary>Training steps of a LLaMA on random tokens: forward, backward, clipping and AdamW.</summary>
internal sealed class TrainingStep : IDisposable
{
    // The first takes its memory from the system, the second compiles what is left to compile.
    private const int WarmUp = 2;

    private readonly LanguageModel _model;
    private readonly Optimizer _optimizer;
    private readonly int[][] _documents;

    public TrainingStep(TrainingCase measured)
    {
        var size = measured.Size;
        Libtorch.Threads = measured.Threads;
        using var generator = new RandomGenerator(1);
        _model = ModelFolder.Create(Config(size), generator, measured.IsBFloat16 ? Dtype.BFloat16 : Dtype.Float32);
        _model.RequireGradients();
        _optimizer = new Optimizer(_model.Parameters, 0.9, 0.999, 1e-8, 0);
        var random = new Random(1);
        _documents = [.. Enumerable.Range(0, size.Batch).Select(_ => Ids(random, size.Length + 1, size.Vocabulary))];
    }

    public static TrainingResult Measure(TrainingCase measured)
    {
        using var training = new TrainingStep(measured);
        var size = measured.Size;
        var seconds = new List<double>();
        for (var step = -WarmUp; step < measured.Steps; step++)
        {
            var start = Stopwatch.GetTimestamp();
            training.Run();
            if (step >= 0)
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        seconds.Sort();
        var tokensPerSecond = size.Tokens / seconds[seconds.Count / 2];
        return new(
            "caravan", size.Name, measured.Precision, measured.Threads, size.Length, Math.Round(tokensPerSecond, 1),
            Math.Round(tokensPerSecond * OperationsOfToken(size) / 1e9, 1), PeakResidentMebibytes());
    }

    public void Run()
    {
        using var scope = new TensorScope();
        var input = ModelInput.FromDocuments([.. _documents.Select(document => document[..^1])]);
        var targets = Tensor.tensor([.. _documents.SelectMany(document => document[1..]).Select(id => (long)id)]);
        var loss = LinearCrossEntropy.Sum(_model.Forward(input), _model.OutputWeight, targets) * (1.0 / targets.Count);
        loss.backward();
        var norm = _optimizer.GradientNorm();
        _optimizer.Step(3e-4, norm > 1 ? 1 / (norm + 1e-6) : 1);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }

    // As the peer counts: the whole square of scores.
    private static double OperationsOfToken(TrainingSize size) =>
        6.0 * size.Parameters + 12.0 * size.Layers * size.Dim * size.Length;

    private static int[] Ids(Random random, int count, int vocabulary)
    {
        var ids = new int[count];
        for (var i = 0; i < count; i++)
            ids[i] = random.Next(vocabulary);
        return ids;
    }

    private static ModelConfigFile Config(TrainingSize size)
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", size.Vocabulary);
        config.Set("hidden_size", size.Dim);
        config.Set("intermediate_size", size.Mlp);
        config.Set("num_hidden_layers", size.Layers);
        config.Set("num_attention_heads", size.Heads);
        config.Set("max_position_embeddings", size.Length);
        config.Set("tie_word_embeddings", true);
        return config;
    }

    // Linux's high-water mark, which also holds what libtorch took and gave back; elsewhere .NET's.
    private static long PeakResidentMebibytes()
    {
        const string name = "VmHWM:", unit = " kB", path = "/proc/self/status";
        if (!File.Exists(path))
            return Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        var line = File.ReadLines(path).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length, line.Length - name.Length - unit.Length)) / 1024;
    }
}
