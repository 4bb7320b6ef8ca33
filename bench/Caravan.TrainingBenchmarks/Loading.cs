using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Torch;

namespace Caravan.TrainingBenchmarks;

/// <summary>
/// The time to load a synthetic LLaMA, in units of the time to read its file once, both from a warm page cache in the
/// same run. "Ready" includes a read of every page of every parameter, so that what a mapped file puts off is counted.
/// </summary>
internal static class Loading
{
    private const int Rounds = 3, PageSize = 4096, ChunkSize = 8 << 20;

    internal static string Measure(string stored, string wanted, double gigabytes)
    {
        var folder = Directory.CreateTempSubdirectory("caravan-loading-").FullName;
        try
        {
            Write(folder, stored == "bf16" ? WeightType.BF16 : WeightType.F32, gigabytes * 1e9);
            var path = Path.Combine(folder, "model.safetensors");
            double read = double.PositiveInfinity;
            for (var round = 0; round <= Rounds; round++)
                read = Math.Min(read, Read(path));
            var result = new JsonObject
            {
                ["stored"] = stored,
                ["wanted"] = wanted,
                ["bytes"] = new FileInfo(path).Length,
                ["read_s"] = Math.Round(read, 3),
            };
            foreach (var forTraining in new[] { false, true })
                result[forTraining ? "training" : "inference"] = Load(folder, wanted, forTraining, read);
            return result.ToJsonString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonObject Load(string folder, string wanted, bool forTraining, double read)
    {
        var (loaded, ready) = (double.PositiveInfinity, double.PositiveInfinity);
        long memory = 0, parameters = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var before = ResidentMemory.OwnBytes;
            using var watch = new MemoryWatch();
            var clock = Stopwatch.StartNew();
            using var model = ModelFolder.Load(
                folder, wanted == "fp32" ? Dtype.Float32 : Dtype.BFloat16, forTraining: forTraining,
                linears: wanted == "nf4" ? WeightPrecision.Nf4 : WeightPrecision.Full);
            loaded = Math.Min(loaded, clock.Elapsed.TotalSeconds);
            Touch(model);
            ready = Math.Min(ready, clock.Elapsed.TotalSeconds);
            memory = Math.Max(memory, watch.Peak - before);
            parameters = model.Parameters.Sum(pair => pair.Value.Count * pair.Value.Dtype.Size())
                + model.Linears.Values.Sum(linear => linear.Quantized?.ByteLength ?? 0);
        }
        return new JsonObject
        {
            ["load_s"] = Math.Round(loaded, 3),
            ["ready_s"] = Math.Round(ready, 3),
            ["ready_to_read"] = Math.Round(ready / read, 2),
            ["model_bytes"] = parameters,
            ["peak_own_memory_bytes"] = memory,
        };
    }

    private static double Read(string path)
    {
        var buffer = new byte[ChunkSize];
        using var file = File.OpenHandle(path);
        var clock = Stopwatch.StartNew();
        long offset = 0;
        while (RandomAccess.Read(file, buffer, offset) is > 0 and var count)
            offset += count;
        return clock.Elapsed.TotalSeconds;
    }

    private static unsafe void Touch(LanguageModel model)
    {
        var sum = 0;
        foreach (var (_, parameter) in model.Parameters)
        {
            var bytes = (byte*)parameter.DataPointer;
            var length = parameter.Count * parameter.Dtype.Size();
            for (long at = 0; at < length; at += PageSize)
                sum += bytes[at];
        }
        GC.KeepAlive(sum);
    }

    // Layers of a 1.1B LLaMA, as many as fill the size.
    private static void Write(string folder, WeightType type, double bytes)
    {
        const int Hidden = 2048, Intermediate = 5632, Vocabulary = 32_000;
        var perLayer = 4L * Hidden * Hidden + 3L * Hidden * Intermediate + 2 * Hidden;
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", Vocabulary), ("hidden_size", Hidden), ("intermediate_size", Intermediate),
            ("num_hidden_layers", (int)Math.Max(1, (bytes / type.Size() - 2.0 * Vocabulary * Hidden) / perLayer)),
            ("num_attention_heads", 16),
        })
        {
            config.Set(key, value);
        }
        config.WeightType = type;
        config.Write(folder);
        var shapes = new Shapes();
        // Asked for its tensors, and no more.
        new Caravan.Models.Architectures.LlamaModel(config, shapes).Dispose();
        ModelWriter.Write(
            folder,
            [.. shapes.Names.Select(pair => new ComputedTensor(
                new TensorInfo(pair.Name, type, pair.Shape), (_, destination) => destination.Fill(0x3c)))],
            long.MaxValue);
    }

    // The most own memory from now on, looked at every few milliseconds.
    private sealed class MemoryWatch : IDisposable
    {
        private readonly Timer _timer;
        private long _peak = ResidentMemory.OwnBytes;

        internal MemoryWatch() => _timer = new Timer(_ => Look(), null, 0, 5);

        internal long Peak
        {
            get
            {
                Look();
                return _peak;
            }
        }

        public void Dispose() => _timer.Dispose();

        private void Look() => _peak = Math.Max(_peak, ResidentMemory.OwnBytes);
    }

    private sealed class Shapes : IParameterSource
    {
        internal List<(string Name, long[] Shape)> Names { get; } = [];

        public Tensor Get(string name, long[] shape, Initialisation initialisation)
        {
            Names.Add((name, shape));
            // Never touched: no memory is taken.
            return Tensor.empty(shape, Dtype.BFloat16);
        }
    }
}
