using System.Globalization;
using Caravan.Files;
using YamlDotNet.RepresentationModel;

namespace Caravan.Training.Configuration;

/// <summary>
/// OpenAlpaca's pair of configuration files in our keys: <c>config/openllama.yaml</c>, which its trainer reads, and
/// <c>dsconfig/openllama.json</c>, which DeepSpeed reads. The layout becomes <c>openalpaca-v1</c>, the one of its
/// description, and the batch of all its devices becomes one device's.
/// </summary>
public sealed class OpenAlpacaConfiguration
{
    private const string
        Batch = "train_batch_size", MicroBatch = "train_micro_batch_size_per_gpu",
        Accumulation = "gradient_accumulation_steps", Seed = "train.seed", Rate = "optimizer.params.lr",
        OptimizerType = "optimizer.type", SchedulerType = "scheduler.type",
        Fp16 = "fp16.enabled", Bf16 = "bf16.enabled",
        LowestRate = "scheduler.params.warmup_min_lr", GreatestRate = "scheduler.params.warmup_max_lr",
        WarmupShape = "scheduler.params.warmup_type";

    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["train.epochs"] = "num_train_epochs",
        ["train.max_length"] = "max_seq_length",
        ["train.warmup_rate"] = "warmup_ratio",
        [MicroBatch] = "per_device_train_batch_size",
        ["gradient_clipping"] = "clip_grad_norm",
        [Rate] = "learning_rate",
        ["optimizer.params.betas.0"] = "adam_beta1",
        ["optimizer.params.betas.1"] = "adam_beta2",
        ["optimizer.params.eps"] = "adam_epsilon",
        ["optimizer.params.weight_decay"] = "weight_decay",
        [WarmupShape] = "warmup_type",
    };

    // Handled one by one.
    private static readonly string[] Others =
        [Batch, Accumulation, Seed, OptimizerType, SchedulerType, Fp16, Bf16, LowestRate, GreatestRate];

    // Generation, sharding, printing, sizes of pieces; and the schedule's numbers of steps, which its trainer replaces.
    private static readonly string[] PassedOver =
    [
        "max_len", "penalty_alpha", "top_k", "top_p", "random_prefix_len", "sample_num", "decoding_method",
        "generate_len", "train.max_shard_size", "steps_per_print", "zero_optimization", "fp16", "bf16",
        "scheduler.params.warmup_num_steps", "scheduler.params.total_num_steps",
    ];

    private readonly List<Setting> _settings;
    private readonly List<(string, string, string)> _values = [];
    private readonly List<string> _problems = [];

    private OpenAlpacaConfiguration(IEnumerable<Setting> settings) => _settings = [.. settings];

    /// <summary>Reads both files of a folder.</summary>
    /// <param name="say">Told which settings are passed over because nothing that is learned depends on them.</param>
    /// <exception cref="BadInputException">A file is missing or no YAML or JSON.</exception>
    public static ConvertedConfiguration Read(string folder, Action<string> say)
    {
        string[] files =
            [Path.Combine(folder, "config", "openllama.yaml"), Path.Combine(folder, "dsconfig", "openllama.json")];
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new BadInputException(
                $"{missing}: there is no such file. Name the folder that holds OpenAlpaca's config and dsconfig.");
        }
        var reading = new OpenAlpacaConfiguration(
            files.SelectMany(file => Settings(file, "", YamlFile.ReadMapping(file))));
        reading.Convert(folder, say);
        return new ConvertedConfiguration(reading._values, reading._problems);
    }

    private void Convert(string folder, Action<string> say)
    {
        Add("chat_template_name", "openalpaca-v1", folder);
        // The layout begins with the bos token twice where the tokenizer adds one itself.
        Add("preflight", "warn", folder);
        var passedOver = new List<string>();
        foreach (var setting in _settings)
        {
            if (Renamed.TryGetValue(setting.Path, out var key))
                Add(key, setting.Text, setting.Place);
            else if (Others.Contains(setting.Path))
                continue;
            else if (PassedOver.Any(setting.IsIn))
                passedOver.Add(setting.Path);
            else
                _problems.Add($"{setting.Place}: unknown key '{setting.Path}'{Suggestion(setting.Path)}");
        }
        ConvertBatch();
        ConvertOptimizer();
        ConvertSchedule();
        // Its runs were in fp16, whose range needs a loss scale; bf16 has fp32's.
        if (_settings.Find(setting => setting is { Path: Fp16 or Bf16, Text: "true" }) is { } half)
            Add("dtype", "bf16", half.Place);
        if (Find(Seed) is { Text: not "0" } seed) // 0: not seeded
            Add("seed", seed.Text, seed.Place);
        if (passedOver.Count > 0)
            say($"{folder}: {string.Join(", ", passedOver)} are passed over; what is learned does not depend on them.");
    }

    private void ConvertBatch()
    {
        if (Find(Batch) is not { } batch)
        {
            if (Find(Accumulation) is { } accumulation)
                Add("gradient_accumulation_steps", accumulation.Text, accumulation.Place);
            return;
        }
        var rows = (int?)Number(batch);
        var micro = Find(MicroBatch) is { } setting ? (int?)Number(setting) : 1;
        if (rows > 0 && micro > 0 && rows % micro == 0)
            Add("gradient_accumulation_steps", $"{rows / micro}", batch.Place);
        else
            Refuse(batch, $"a whole multiple of {MicroBatch}");
    }

    private void ConvertOptimizer()
    {
        // DeepSpeed's Adam is AdamW unless it is told otherwise.
        if (Find(OptimizerType) is { Text: not ("Adam" or "AdamW") } type)
            Refuse(type, "Adam or AdamW");
    }

    private void ConvertSchedule()
    {
        if (Find(SchedulerType) is not { } type)
            return;
        if (type.Text is not ("WarmupDecayLR" or "WarmupLR"))
            Refuse(type, "WarmupDecayLR or WarmupLR");
        Add("lr_scheduler_type", type.Text == "WarmupLR" ? "constant_with_warmup" : "linear", type.Place);
        if (Find(WarmupShape) is null)
            Add("warmup_type", "log", type.Place);
        if (Find(LowestRate) is { } lowest && Number(lowest) != 0)
            Refuse(lowest, "0");
        // The scheduler sets the rate, whatever the optimizer has.
        if (Find(GreatestRate) is { } greatest && Find(Rate) is { } rate && Number(greatest) != Number(rate))
            Refuse(greatest, $"{Rate}, which is {rate.Text}; DeepSpeed trains with the scheduler's. Make them equal");
    }

    private void Add(string key, string text, string place) => _values.Add((key, text, place));

    private void Refuse(Setting setting, string expected) =>
        _problems.Add($"{setting.Place}: {setting.Path} is '{setting.Text}', expected {expected}");

    private Setting? Find(string path) => _settings.FirstOrDefault(setting => setting.Path == path);

    private static double? Number(Setting setting) =>
        double.TryParse(setting.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Suggestion(string path) =>
        Spelling.Nearest(path, [.. Renamed.Keys, .. Others, .. PassedOver]) is { } nearest
            ? $"; did you mean {nearest}?"
            : "";

    // The values at the tree's ends; what is null is not set.
    private static IEnumerable<Setting> Settings(string file, string path, YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                return mapping.SelectMany(pair => Settings(file, Join(path, $"{pair.Key}"), pair.Value));
            case YamlSequenceNode sequence:
                return sequence.SelectMany((item, i) => Settings(file, Join(path, $"{i}"), item));
            default:
                var text = ((YamlScalarNode)node).Value;
                return text is null or "" or "~" or "null"
                    ? []
                    : [new Setting(path, text, $"{file}:{node.Start.Line}:{node.Start.Column}")];
        }
    }

    private static string Join(string path, string name) => path == "" ? name : $"{path}.{name}";

    /// <summary>A value and its place.</summary>
    private sealed record Setting(string Path, string Text, string Place)
    {
        internal bool IsIn(string path) => Path == path || Path.StartsWith(path + '.', StringComparison.Ordinal);
    }
}
