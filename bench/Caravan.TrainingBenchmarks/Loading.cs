using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Torch;

namespace Caravan.TrainingBenchmarks;

/// <summary>
/// The time to load a synthetic LLaMA, in units of the time to read its file once, both from a warm page cache in the
/// same run. "Ready" includes a read of every page of every parameter, so that what a mapped file puts off is counted.
/// Loads are made in processes of their own, in turn with the reading: once into memory that the process does not have
/// yet, then again.
/// </summary>
internal static class Loading
{
    private const int Rounds = 3, PageSize = 4096, ChunkSize = 8 << 20;

    internal static string Measure(string stored, string wanted, double gigabytes)
    {
        const int Hidden = 2048, Intermediate = 5632, Vocabulary = 32_000;
        var folder = Directory.CreateTempSubdirectory("caravan-loading-").FullName;
        try
        {
            var type = stored == "bf16" ? WeightType.BF16 : WeightType.F32;
            var small = Directory.CreateDirectory(Path.Combine(folder, "small")).FullName;
            Write(small, type, 0, Hidden / 16, Intermediate / 16, Vocabulary / 16);
            Write(folder, type, gigabytes * 1e9, Hidden, Intermediate, Vocabulary);
            var path = Path.Combine(folder, "model.safetensors");
            Read(path);
            var (read, purposes) = (double.PositiveInfinity, new[] { "inference", "training" });
            var loads = purposes.ToDictionary(purpose => purpose, _ => new List<JsonObject>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var purpose in purposes)
                {
                    read = Math.Min(read, Read(path));
                    loads[purpose].Add(
                        JsonNode.Parse(OwnProcess.Run(["load-of", folder, small, wanted, purpose]))!.AsObject());
                }
            }
            var modelBytes = (long)loads["inference"][0]["model_bytes"]!;
            var result = new JsonObject
            {
                ["stored"] = stored,
                ["wanted"] = wanted,
                ["file_bytes"] = new FileInfo(path).Length,
                ["model_bytes"] = modelBytes,
                ["read_s"] = Math.Round(read, 3),
                ["filled_bytes"] = (long)loads["inference"][0]["filled_bytes"]!,
                ["fill_fresh_memory_s"] = Math.Round(
                    loads.Values.SelectMany(of => of).Min(load => (double)load["fill_s"]!), 3),
            };
            foreach (var purpose in purposes)
                result[purpose] = Summary(loads[purpose], read);
            return result.ToJsonString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Loads a model twice and gives the times and the most memory of it.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="small">A small one, loaded before, so that the code is compiled.</param>
    /// <param name="wanted">The type to load it in.</param>
    /// <param name="forTraining">See <see cref="LoadOptions.ForTraining"/>.</param>
    internal static string Load(string folder, string small, string wanted, bool forTraining)
    {
        for (var i = 0; i < Rounds; i++)
            Load(small, wanted, forTraining);
        // A virtual machine may lack memory that no process has at the moment; the first filling lets its host give it.
        using var outline = ModelFolder.Outline(ModelConfigFile.Read(folder));
        var bytes = outline.ParameterCount * (wanted == "fp32" ? Dtype.Float32 : Dtype.BFloat16).Size();
        FreshMemory.Fill(bytes);
        var fill = FreshMemory.Fill(bytes);
        var first = Load(folder, wanted, forTraining);
        (first["filled_bytes"], first["fill_s"]) = (bytes, fill);
        first["again_s"] = (double)Load(folder, wanted, forTraining)["ready_s"]!;
        return first.ToJsonString();
    }

    private static JsonObject Load(string folder, string wanted, bool forTraining)
    {
        var before = ResidentMemory.OwnBytes;
        using var watch = new MemoryWatch();
        var clock = Stopwatch.StartNew();
        using var model = ModelFolder.Load(
            folder, wanted == "fp32" ? Dtype.Float32 : Dtype.BFloat16, forTraining: forTraining,
            linears: wanted == "nf4" ? WeightPrecision.Nf4 : WeightPrecision.Full);
        var loaded = clock.Elapsed.TotalSeconds;
        Touch(model);
        var ready = clock.Elapsed.TotalSeconds;
        return new JsonObject
        {
            ["load_s"] = loaded,
            ["ready_s"] = ready,
            ["model_bytes"] = model.Parameters.Sum(pair => pair.Value.Count * pair.Value.Dtype.Size())
                + model.Linears.Values.Sum(linear => linear.Quantized?.ByteLength ?? 0),
            ["own_memory_bytes"] = watch.Peak - before,
        };
    }

    private static JsonObject Summary(List<JsonObject> loads, double read)
    {
        var loaded = Best(round => (double)loads[round]["load_s"]!);
        var ready = Best(round => (double)loads[round]["ready_s"]!);
        var again = Best(round => (double)loads[round]["again_s"]!);
        return new JsonObject
        {
            ["load_s"] = Math.Round(loaded, 3),
            ["load_to_read"] = Math.Round(loaded / read, 2),
            ["ready_s"] = Math.Round(ready, 3),
            ["ready_to_read"] = Math.Round(ready / read, 2),
            ["again_s"] = Math.Round(again, 3),
            ["again_to_read"] = Math.Round(again / read, 2),
            ["peak_own_memory_bytes"] = loads.Max(load => (long)load["own_memory_bytes"]!),
        };
    }

    private static double Best(Func<int, double> seconds) => Enumerable.Range(0, Rounds).Min(seconds);

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

    // As many layers as fill the size; those of a 1.1B LLaMA if they are not to be small.
    private static void Write(
        string folder, WeightType type, double bytes, int hidden, int intermediate, int vocabulary)
    {
        var perLayer = 4L * hidden * hidden + 3L * hidden * intermediate + 2 * hidden;
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", vocabulary), ("hidden_size", hidden), ("intermediate_size", intermediate),
            ("num_hidden_layers", (int)Math.Max(1, (bytes / type.Size() - 2.0 * vocabulary * hidden) / perLayer)),
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
