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
        using var scope = new TensorScope();
        using var wanted = TensorFile.Open(Path.Combine(Golden, $"{method}.safetensors"));
        using var found = TensorFile.Open(Path.Combine(output, file));
        Assert.Equal(wanted.Names.Order(), found.Names.Order());
        foreach (var name in wanted.Names)
        {
            var value = wanted.Read(name);
            var allowed = value.abs() * Relative("parameter") + Absolute("parameter");
            Assert.True((found.Read(name) - value).abs().sub(allowed).max().item() <= 0, name);
        }

        double Absolute(string kind) => tolerance.GetProperty(kind).GetProperty("absolute").GetDouble();
        double Relative(string kind) => tolerance.GetProperty(kind).GetProperty("relative").GetDouble();
    }

    private string Train(string method)
    {
        var output = Path.Combine(_folder.FullName, "out");
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden, "settings.json")));
        var keys = new Dictionary<string, string>
        {
            ["model_name_or_path"] = Path.Combine(Golden, "model"),
            ["train_file"] = Path.Combine(Golden, "train.jsonl"),
            ["output_dir"] = output,
            ["dataset_local_cache_dir"] = Path.Combine(_folder.FullName, "tokens"),
            ["preflight"] = "warn", // one answer is cut before its end
        };
        var root = settings.RootElement;
        IEnumerable<JsonProperty> own = root.EnumerateObject()
            .Where(key => key.Value.ValueKind != JsonValueKind.Object);
        foreach (var key in root.TryGetProperty(method, out var more) ? own.Concat(more.EnumerateObject()) : own)
            keys[key.Name] = key.Value.ToString();
        Sft.Run(ConfigurationReader.Read<SftConfig>(null, keys), null, default);
        return output;
    }
}
