using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Models.Files;
using Caravan.Torch;
using Caravan.Training.Configuration;

namespace Caravan.Training.Tests;

/// <summary>Ten updates, with packing and accumulation, against a trainer in PyTorch that takes the records one by one
/// in double precision; see <c>tests/golden/sft.py</c>.</summary>
public sealed class SftReferenceTests : IDisposable
{
    private static readonly string Golden = Repository.Golden("sft");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-sft-golden-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("full", "model.safetensors"), InlineData("lora", "adapter_model.safetensors")]
    [InlineData("qlora", "adapter_model.safetensors")]
    public void LossesAndWeights_EqualPyTorchs(string method, string file)
    {
        var output = Train(method);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden, "expected.json")));
        var tolerance = expected.RootElement.GetProperty("tolerance");
        var curve = expected.RootElement.GetProperty(method);
        var metrics = File.ReadLines(Path.Combine(output, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!)
            .ToArray();
        Assert.Equal(10, metrics.Length);
        for (var i = 0; i < metrics.Length; i++)
        {
            Assert.Equal(curve.GetProperty("loss")[i].GetDouble(), (double)metrics[i]["train_loss"]!, Absolute("loss"));
            Assert.Equal(curve.GetProperty("gradient_norm")[i].GetDouble(), (double)metrics[i]["gradient_norm"]!, 2e-4);
            Assert.Equal(curve.GetProperty("learning_rate")[i].GetDouble(), (double)metrics[i]["learning_rate"]!,
                1e-12);
        }
        AreEqual($"{method}.safetensors", Path.Combine(output, file), tolerance.GetProperty("parameter"));

        double Absolute(string kind) => tolerance.GetProperty(kind).GetProperty("absolute").GetDouble();
    }

    /// <summary>The adapter has PEFT's names and meaning: what our run merges is what <c>tests/golden/merge_lora.py</c>
    /// makes of the reference trainer's adapter.</summary>
    [Fact]
    public void MergedModel_EqualsPyTorchsMerge()
    {
        var output = Train("lora", ("save_merged_lora_model", "true"));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden, "expected.json")));
        AreEqual("lora_merged.safetensors", Path.Combine(output, "model.safetensors"),
            expected.RootElement.GetProperty("tolerance").GetProperty("parameter"));
        AreEqual("lora.safetensors", Path.Combine(output, "adapter", "adapter_model.safetensors"),
            expected.RootElement.GetProperty("tolerance").GetProperty("parameter"));
    }

    private static void AreEqual(string golden, string file, JsonElement tolerance)
    {
        using var scope = new TensorScope();
        using var wanted = TensorFile.Open(Path.Combine(Golden, golden));
        using var found = TensorFile.Open(file);
        Assert.Equal(wanted.Names.Order(), found.Names.Order());
        foreach (var name in wanted.Names)
        {
            var value = wanted.Read(name);
            var allowed = value.abs() * tolerance.GetProperty("relative").GetDouble()
                + tolerance.GetProperty("absolute").GetDouble();
            Assert.True((found.Read(name) - value).abs().sub(allowed).max().item() <= 0, name);
        }
    }

    private string Train(string method, params (string Key, string Value)[] more)
    {
        var output = Path.Combine(_folder.FullName, "out");
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden, "settings.json")));
        var keys = new Dictionary<string, string>
        {
            ["model_name_or_path"] = Path.Combine(Golden, "model"),
            ["train_file"] = Path.Combine(Golden, "train.jsonl"),
            ["output_dir"] = output,
            ["dataset_local_cache_dir"] = Path.Combine(_folder.FullName, "tokens"),
            ["dtype"] = "fp32",
            ["preflight"] = "warn", // one answer is cut before its end
        };
        var root = settings.RootElement;
        IEnumerable<JsonProperty> own = root.EnumerateObject()
            .Where(key => key.Value.ValueKind != JsonValueKind.Object);
        foreach (var key in root.TryGetProperty(method, out var methods) ? own.Concat(methods.EnumerateObject()) : own)
            keys[key.Name] = key.Value.ToString();
        foreach (var (key, value) in more)
            keys[key] = value;
        Sft.Run(ConfigurationReader.Read<SftConfig>(null, keys), null, default);
        return output;
    }
}
