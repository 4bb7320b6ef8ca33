using System.Text.Json;
using Caravan.Checkpoints;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests;

/// <summary>A tiny model with what PyTorch computes for it; see <c>tests/golden/README.md</c>.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly string _folder;
    private readonly TensorFile _expected;
    private readonly JsonElement _facts;

    internal GoldenModel(string architecture, string name)
    {
        _folder = Repository.Golden(architecture, name);
        _expected = TensorFile.Open(Path.Combine(_folder, "expected.safetensors"));
        _facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "expected.json"))).RootElement;
        var count = _facts.GetProperty("documents").GetArrayLength();
        Documents = [
            .. Enumerable.Range(0, count).Select(i => Integers($"input_ids.{i}").Select(id => (int)id).ToArray())];
        Targets = [.. Enumerable.Range(0, count).Select(i => Shift(Integers($"labels.{i}")))];
    }

    internal int[][] Documents { get; }

    /// <summary>Shifted labels, by document.</summary>
    internal long[][] Targets { get; }

    internal int TargetTokens => _facts.GetProperty("target_tokens").GetInt32();

    /// <param name="edit">Changes the configuration before the model is loaded.</param>
    internal LanguageModel Load(
        Dtype dtype = Dtype.Float32, bool forTraining = false, Action<ModelConfigFile>? edit = null,
        WeightPrecision linears = WeightPrecision.Full)
    {
        if (edit is null)
            return ModelFolder.Load(_folder, dtype, forTraining: forTraining, linears: linears);
        var changed = Directory.CreateTempSubdirectory("caravan-golden-").FullName;
        var config = ModelConfigFile.Read(_folder);
        edit(config);
        config.Write(changed);
        File.Copy(Path.Combine(_folder, "model.safetensors"), Path.Combine(changed, "model.safetensors"));
        var model = ModelFolder.Load(changed, dtype, forTraining: forTraining, linears: linears);
        // The mapped file lives on without its name.
        Directory.Delete(changed, recursive: true);
        return model;
    }

    internal IEnumerable<string> Names => _expected.Names;

    internal string Folder => _folder;

    internal Tensor Expected(string name) => _expected.Read(name);

    internal Tensor AllLogits() => Tensor.cat([.. Documents.Select((_, i) => Expected($"logits.{i}"))]);

    /// <summary>
    /// |found − expected| ≤ absolute + relative · |expected| with the tolerance of this kind of value.
    /// </summary>
    internal void AssertEqual(string kind, Tensor expected, Tensor found)
    {
        var tolerance = _facts.GetProperty("tolerance").GetProperty(kind);
        var (absolute, relative) = (
            tolerance.GetProperty("absolute").GetDouble(), tolerance.GetProperty("relative").GetDouble());
        Assert.Equal(expected.Shape, found.Shape);
        var excess = (found - expected).abs() - (expected.abs() * relative + absolute);
        Assert.True(excess.max().item() <= 0, $"{kind}: off by {(found - expected).abs().max().item():g3}");
    }

    public void Dispose() => _expected.Dispose();

    private long[] Integers(string name)
    {
        using var tensor = _expected.Read(name);
        return tensor.Data<long>().ToArray();
    }

    private static long[] Shift(long[] labels) => [.. labels[1..], -100];
}
