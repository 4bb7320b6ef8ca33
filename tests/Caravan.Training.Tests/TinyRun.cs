using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Run;

namespace Caravan.Training.Tests;

/// <summary>A tiny model directory, a tokenizer trained on a few records, and runs on them.</summary>
internal sealed class TinyRun : IDisposable
{
    internal TinyRun()
    {
        Folder = Directory.CreateTempSubdirectory("caravan-sft-").FullName;
        Model = System.IO.Path.Combine(Folder, "model");
        TrainFile = System.IO.Path.Combine(Folder, "train.jsonl");
        InstructionRecord[] records = [.. Enumerable.Range(0, 40).Select(Record)];
        InstructionFile.Write(TrainFile, records);
        var tokenizer = ByteLevelBpeTrainer.Train(
            records.Select(record => record.Messages[0].Content), new ByteLevelBpeOptions { VocabularySize = 300 });
        tokenizer.Save(Model);
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", tokenizer.VocabularySize);
        config.Set("hidden_size", 32);
        config.Set("intermediate_size", 48);
        config.Set("num_hidden_layers", 2);
        config.Set("num_attention_heads", 4);
        config.Set("num_key_value_heads", 2);
        config.Set("max_position_embeddings", 128);
        using var generator = new RandomGenerator(1);
        using var model = ModelFolder.Create(config, generator);
        ModelFolder.Save(model, Model);
    }

    internal string Folder { get; }

    internal string Model { get; }

    internal string TrainFile { get; }

    internal string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>Six updates of two micro-batches each, with a held-out part.</summary>
    internal SftConfig Config(string output, params (string Key, string Value)[] changes)
    {
        var keys = new Dictionary<string, string>
        {
            ["model_name_or_path"] = Model,
            ["train_file"] = TrainFile,
            ["output_dir"] = Path(output),
            ["validation_split"] = "0.2",
            ["max_seq_length"] = "128",
            ["per_device_train_batch_size"] = "3",
            ["gradient_accumulation_steps"] = "2",
            ["max_train_steps"] = "6",
            ["learning_rate"] = "0.01",
            ["dtype"] = "fp32",
            ["dataset_local_cache_dir"] = Path("tokens"),
        };
        foreach (var (key, value) in changes)
            keys[key] = value;
        return ConfigurationReader.Read<SftConfig>(null, keys);
    }

    /// <summary>Runs, and asks to stop once <paramref name="stopAfter"/> updates are made.</summary>
    internal static (SftResult Result, List<TrainingEvent> Events) Run(SftConfig config, int stopAfter = int.MaxValue)
    {
        using var stop = new CancellationTokenSource();
        var events = new List<TrainingEvent>();
        var progress = new Listener(happened =>
        {
            events.Add(happened);
            if (happened is StepCompleted step && step.Step >= stopAfter)
                stop.Cancel();
        });
        return (Sft.Run(config, progress, stop.Token), events);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    // Of very different lengths, so that means of means differ from means.
    private static InstructionRecord Record(int i) => new("tiny", $"tiny-{i}",
    [
        new ChatMessage("user", $"Count from {i} by ones, please."),
        new ChatMessage("assistant", string.Join(" ", Enumerable.Range(i, 1 + i % 7 * 3))),
    ]);

    private sealed class Listener(Action<TrainingEvent> listen) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value) => listen(value);
    }
}
