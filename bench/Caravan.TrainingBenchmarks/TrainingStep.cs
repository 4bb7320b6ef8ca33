using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Optimization;

namespace Caravan.TrainingBenchmarks;

/// <summary>Training steps of a LLaMA on random tokens: the sizes, batch and update of
/// <c>bench/peers/torch_llama.py</c>.</summary>
internal static class TrainingStep
{
    private sealed record Size(int Dim, int Layers, int Heads, int Mlp, int Vocabulary, int Batch, int Length);

    private static readonly Dictionary<string, Size> Presets = new()
    {
        ["15M"] = new Size(288, 6, 6, 768, 32000, 8, 512),
        ["110M"] = new Size(768, 12, 12, 2048, 32000, 2, 1024),
    };

    internal static string Measure(string preset, string precision, int steps, int warmup)
    {
        var size = Presets[preset];
        using var generator = new RandomGenerator(1);
        using var model = ModelFolder.Create(Config(size), generator, precision == "bf16" ? Dtype.BFloat16 : Dtype.Float32);
        model.RequireGradients();
        using var optimizer = new Optimizer(model.Parameters, 0.9, 0.999, 1e-8, 0);
        using var text = Tensor.empty([size.Batch, size.Length + 1]).uniform_(0, size.Vocabulary, generator);
        var losses = new JsonArray();
        var rates = new List<double>();
        for (var step = 0; step < warmup + steps; step++)
        {
            var clock = Stopwatch.StartNew();
            losses.Add(Math.Round(Step(model, optimizer, text, size), 5));
            if (step >= warmup)
                rates.Add(size.Batch * size.Length / clock.Elapsed.TotalSeconds);
        }
        rates.Sort();
        var median = rates[rates.Count / 2];
        var attention = 12.0 * size.Layers * size.Dim * size.Length;
        return new JsonObject
        {
            ["engine"] = "caravan",
            ["preset"] = preset,
            ["precision"] = precision,
            ["threads"] = Libtorch.Threads,
            ["parameters"] = model.ParameterCount,
            ["tokens_per_second"] = new JsonObject
            {
                ["median"] = Math.Round(median, 1),
                ["min"] = Math.Round(rates[0], 1),
                ["max"] = Math.Round(rates[^1], 1),
            },
            ["gflops"] = Math.Round(median * (6 * model.ParameterCount + attention) / 1e9, 1),
            ["peak_resident_mib"] = PeakResidentMebibytes(),
            ["losses"] = losses,
        }.ToJsonString();
    }

    /// <summary>Tokens in one forward pass.</summary>
    internal static long TokensPerPass(string preset) => (long)Presets[preset].Batch * Presets[preset].Length;

    /// <summary>One update from several forward passes over random tokens, as the recipes make it.</summary>
    internal static void Update(LanguageModel model, Optimizer optimizer, string preset, int passes)
    {
        var size = Presets[preset];
        using var generator = new RandomGenerator(1);
        using var text = Tensor.empty([size.Batch, size.Length + 1]).uniform_(0, size.Vocabulary, generator);
        for (var pass = 0; pass < passes; pass++)
        {
            using var scope = new TensorScope();
            Loss(model, text, size).backward();
            if (passes > 1)
                optimizer.Accumulate();
        }
        optimizer.Step(3e-4, 1 / (optimizer.GradientNorm() + 1e-6));
    }

    /// <summary>A model directory with random weights, and the given tokenizer if there is one.</summary>
    internal static void WriteModel(string preset, string folder, string? tokenizer)
    {
        using var generator = new RandomGenerator(1);
        using var model = ModelFolder.Create(Config(Presets[preset] with { Length = 1024 }), generator);
        ModelFolder.Save(model, folder);
        if (tokenizer is not null)
            Tokenizer.Load(tokenizer).Save(folder);
    }

    private static double Step(LanguageModel model, Optimizer optimizer, Tensor text, Size size)
    {
        using var scope = new TensorScope();
        var loss = Loss(model, text, size);
        loss.backward();
        var norm = optimizer.GradientNorm();
        optimizer.Step(3e-4, norm > 1 ? 1 / (norm + 1e-6) : 1);
        return loss.item();
    }

    private static Tensor Loss(LanguageModel model, Tensor text, Size size)
    {
        var values = text.Data<float>().ToArray();
        var documents = values.Chunk(size.Length + 1).Select(row => row.Select(value => (int)value).ToArray()).ToArray();
        var input = ModelInput.FromDocuments([.. documents.Select(document => document[..^1])]);
        var targets = Tensor.tensor([.. documents.SelectMany(document => document[1..]).Select(id => (long)id)]);
        return LinearCrossEntropy.Sum(model.Forward(input), model.OutputWeight, targets) * (1.0 / targets.Count);
    }

    private static ModelConfigFile Config(Size size)
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

    // Linux's high-water mark, which also holds what libtorch took and gave back.
    internal static long PeakResidentMebibytes() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan("VmHWM:".Length, line.Length - "VmHWM:".Length - " kB".Length)) / 1024)
        .Single();
}
