using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Meta's LLaMA files: <c>consolidated.NN.pth</c>, one for each rank of its model parallelism, with
/// <c>params.json</c>. Given as the tensors and the configuration of a Hugging Face model.
/// </summary>
internal sealed partial class MetaCheckpoint : IDisposable
{
    private readonly string _directory;
    private readonly ConfigObject _parameters;
    private readonly List<TorchWeightFile> _shards = [];
    private readonly int _heads;
    private readonly int _keyValueHeads;

    private MetaCheckpoint(string directory)
    {
        _directory = directory;
        var path = Path.Combine(directory, "params.json");
        _parameters = new ConfigObject(path, "", JsonFile.Read(path));
        _heads = _parameters.GetInt("n_heads");
        _keyValueHeads = _parameters.GetInt("n_kv_heads", _heads);
        if (_heads < 1 || _keyValueHeads < 1 || _heads % _keyValueHeads != 0)
            throw _parameters.Bad("n_heads", $"a positive multiple of the {_keyValueHeads} key/value heads");
    }

    /// <summary>The tensors under Hugging Face's names.</summary>
    public WeightSource Source { get; private set; } = null!;

    public static bool IsMeta(string directory) =>
        Directory.Exists(directory) && Directory.EnumerateFiles(directory, "consolidated.*.pth").Any();

    /// <exception cref="BadInputException">A file is missing, damaged or does not fit the others.</exception>
    public static MetaCheckpoint Open(string directory)
    {
        var checkpoint = new MetaCheckpoint(directory);
        try
        {
            checkpoint.OpenShards();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Writes <c>config.json</c>, <c>generation_config.json</c> and the tokenizer.</summary>
    public void WriteConfig(string folder, WeightType? type)
    {
        var embedding = Source.Tensors.First(tensor => tensor.Info.Name == "model.embed_tokens.weight").Info;
        var gate = Source.Tensors.First(
            tensor => tensor.Info.Name.EndsWith("mlp.gate_proj.weight", StringComparison.Ordinal)).Info;
        var theta = _parameters.GetDouble("rope_theta", 10000);
        var isThird = embedding.Shape[0] >= 128_000;
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", (int)embedding.Shape[0]);
        config.Set("hidden_size", (int)embedding.Shape[1]);
        config.Set("intermediate_size", (int)gate.Shape[0]);
        config.Set("num_hidden_layers", _parameters.GetInt("n_layers"));
        config.Set("num_attention_heads", _heads);
        config.Set("num_key_value_heads", _keyValueHeads);
        config.Set("hidden_act", "silu");
        config.Set("rms_norm_eps", _parameters.GetDouble("norm_eps"));
        config.Set("rope_theta", theta);
        config.Set("max_position_embeddings", MaxPositions(isThird, theta));
        if (HasScaledRotary)
            SetScaledRotary(config);
        config.Set("initializer_range", 0.02);
        config.Set("tie_word_embeddings", false);
        config.Set("bos_token_id", isThird ? 128_000 : 1);
        config.Set("eos_token_id", isThird ? 128_001 : 2);
        config.WeightType = type ?? embedding.Type;
        config.Write(folder);
        var generation = GenerationConfigFile.Create();
        generation.Set("bos_token_id", isThird ? 128_000 : 1);
        generation.EosTokenIds = [isThird ? 128_001 : 2];
        generation.Write(folder);
        // Meta's download keeps one tokenizer beside the folders of all sizes.
        var parent = Path.GetDirectoryName(Path.GetFullPath(_directory))!;
        CompanionFiles.CopyTokenizer(CompanionFiles.HasTokenizer(_directory) ? _directory : parent, folder);
    }

    /// <summary>LLaMA 3.1 and later stretch the rotary embedding of long distances.</summary>
    private bool HasScaledRotary => _parameters.GetBool("use_scaled_rope", false);

    /// <summary>
    /// params.json does not say how long texts may be. LLaMA 1 (eps 1e-6): 2048; 2: 4096; Code Llama, by its base:
    /// 16384.
    /// </summary>
    private int MaxPositions(bool isThird, double theta) =>
        HasScaledRotary ? 131072 : isThird ? 8192 : theta > 1e4 ? 16384
        : _parameters.GetDouble("norm_eps") < 5e-6 ? 2048 : 4096;

    private static void SetScaledRotary(ModelConfigFile config) => config.Json["rope_scaling"] = new JsonObject
    {
        ["rope_type"] = "llama3",
        ["factor"] = 8.0,
        ["low_freq_factor"] = 1.0,
        ["high_freq_factor"] = 4.0,
        ["original_max_position_embeddings"] = 8192,
    };

    public void Dispose()
    {
        foreach (var shard in _shards)
            shard.Dispose();
    }

    private void OpenShards()
    {
        var files = Directory.GetFiles(_directory, "consolidated.*.pth").Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            var expected = Path.Combine(_directory, $"consolidated.{i:00}.pth");
            if (files[i] != expected)
            {
                throw new BadInputException(
                    $"{expected}: this file is missing: there are {files.Length} with other numbers. Fetch it.");
            }
            _shards.Add(TorchWeightFile.Open(files[i]));
        }
        VerifyChecklist(files);
        var layers = _parameters.GetInt("n_layers");
        var tensors =
            new List<WeightTensor> { Join("tok_embeddings.weight", "model.embed_tokens.weight", EmbeddingAxis()) };
        for (var i = 0; i < layers; i++)
        {
            foreach (var (meta, name, axis, heads) in LayerNames())
            {
                var tensor = Join($"layers.{i}.{meta}.weight", $"model.layers.{i}.{name}.weight", axis);
                tensors.Add(heads == 0 ? tensor : HalfSplit(tensor, heads));
            }
        }
        tensors.Add(Join("norm.weight", "model.norm.weight", null));
        tensors.Add(Join("output.weight", "lm_head.weight", 0));
        RequireWholeWidth(tensors, files);
        Source = new WeightSource(tensors, new Dictionary<string, string>(), files, []);
        var used = tensors.Count;
        var given = _shards[0].Tensors.Count(info => info.Name != "rope.freqs");
        if (given != used)
        {
            Source.Warnings.Add(
                $"{files[0]}: {given - used} tensors have no place in a LLaMA of {layers} layers; ignored.");
        }
    }

    /// <summary>
    /// If the last files of a set are missing, the numbers have no gap but the joined matrices are too small.
    /// </summary>
    private void RequireWholeWidth(List<WeightTensor> tensors, string[] files)
    {
        var dim = _parameters.GetInt("dim");
        foreach (var tensor in tensors.Where(tensor => tensor.Info.Shape.Count == 2))
        {
            var name = tensor.Info.Name;
            var isSquare = name.EndsWith("q_proj.weight", StringComparison.Ordinal)
                || name.EndsWith("o_proj.weight", StringComparison.Ordinal);
            var (rows, columns) = (tensor.Info.Shape[0], tensor.Info.Shape[1]);
            var width = name.EndsWith("down_proj.weight", StringComparison.Ordinal) ? rows : columns;
            if (width == dim && (!isSquare || rows == columns))
                continue;
            throw new BadInputException(
                $"{_directory}: tensor '{name}' joined from {files.Length} files is {tensor.Info.ShapeText}, and " +
                $"params.json says that the width is {dim}. A file is missing, or params.json is of another model.");
        }
        if (_parameters.FindInt("multiple_of") is { } multiple && ExpectedWidth(dim, multiple) is var expected
            && tensors.Find(
                tensor => tensor.Info.Name.EndsWith("gate_proj.weight", StringComparison.Ordinal)) is { } gate
            && gate.Info.Shape[0] != expected)
        {
            throw new BadInputException(
                $"{_directory}: tensor '{gate.Info.Name}' joined from {files.Length} files is {gate.Info.ShapeText}, " +
                $"and params.json gives {expected} rows. A file is missing, or params.json is of another model.");
        }
    }

    /// <summary>The width of the feed-forward layers as Meta's code computes it.</summary>
    private long ExpectedWidth(int dim, int multiple)
    {
        var width = (long)(_parameters.GetDouble("ffn_dim_multiplier", 1) * (8L * dim / 3));
        return (width + multiple - 1) / multiple * multiple;
    }

    private (string Meta, string Name, int? Axis, int Heads)[] LayerNames() =>
    [
        ("attention.wq", "self_attn.q_proj", 0, _heads),
        ("attention.wk", "self_attn.k_proj", 0, _keyValueHeads),
        ("attention.wv", "self_attn.v_proj", 0, 0),
        ("attention.wo", "self_attn.o_proj", 1, 0),
        ("feed_forward.w1", "mlp.gate_proj", 0, 0),
        ("feed_forward.w2", "mlp.down_proj", 1, 0),
        ("feed_forward.w3", "mlp.up_proj", 0, 0),
        ("attention_norm", "input_layernorm", null, 0),
        ("ffn_norm", "post_attention_layernorm", null, 0),
    ];

    /// <summary>LLaMA 1 and 2 split the embedding by columns, 3 by rows: what the hidden size says.</summary>
    private int EmbeddingAxis() => Find(_shards[0], "tok_embeddings.weight").Info.Shape is [_, var columns]
        && columns == _parameters.GetInt("dim") ? 0 : 1;

    private WeightTensor Join(string meta, string name, int? axis)
    {
        var parts = _shards.Select(shard => Find(shard, meta)).ToList();
        var first = parts[0].Info;
        // Norms are the same in every file.
        if (axis is null || parts.Count == 1)
            return parts[0].Renamed(name);
        var other = parts.Find(
            part => part.Info.Type != first.Type || part.Info.Shape.Count != 2 || first.Shape.Count != 2
            || part.Info.Shape[1 - axis.Value] != first.Shape[1 - axis.Value]);
        if (other is not null)
        {
            throw new BadInputException(
                $"{_directory}: tensor '{meta}' is {first} in the first file and {other.Info} in another; they " +
                "cannot be joined. The files are of different models.");
        }
        var joined = parts.Sum(part => part.Info.Shape[axis.Value]);
        var info = new TensorInfo(name, first.Type, axis == 0 ? [joined, first.Shape[1]] : [first.Shape[0], joined]);
        return axis == 0
            ? new SegmentedTensor(info, parts.Select(part => (part, 0L, part.Info.ElementCount)))
            : new ColumnsTensor(info, parts);
    }

    private RotaryRowsTensor HalfSplit(WeightTensor tensor, int heads) =>
        RotaryRowsTensor.Fits(tensor.Info, heads)
            ? new RotaryRowsTensor(tensor, heads, toHalves: true)
            : throw new BadInputException(
                $"{_directory}: tensor '{tensor.Info.Name}' {tensor.Info.ShapeText} cannot be divided into {heads} " +
                "heads as params.json says.");

    private static WeightTensor Find(TorchWeightFile shard, string name) =>
        shard.Tensors.Any(info => info.Name == name) ? shard[name]
            : throw new BadInputException(
                $"{shard.Path}: tensor '{name}' is missing. This is no complete LLaMA of Meta's.");

    /// <summary>Compares the files with the MD5 sums that Meta ships.</summary>
    private void VerifyChecklist(string[] files)
    {
        var path = Path.Combine(_directory, "checklist.chk");
        if (!File.Exists(path))
            return;
        foreach (var line in File.ReadLines(path))
        {
            if (ChecklistLine().Match(line) is not { Success: true } match)
                continue;
            var file = files.FirstOrDefault(file => Path.GetFileName(file) == match.Groups[2].Value);
            if (file is null)
                continue;
            using var stream = File.OpenRead(file);
#pragma warning disable CA5351 // MD5 is what Meta published; it guards against damage here, not against forgery.
            var sum = Convert.ToHexStringLower(MD5.HashData(stream));
#pragma warning restore CA5351
            if (!sum.Equals(match.Groups[1].Value, StringComparison.OrdinalIgnoreCase))
            {
                throw new BadInputException(
                    $"{file}: its MD5 sum {sum} is not the one in checklist.chk. Fetch it again.");
            }
        }
    }

    [GeneratedRegex(@"^([0-9a-fA-F]{32})\s+\*?(?:.*/)?([^/\s]+)\s*$")]
    private static partial Regex ChecklistLine();
}
