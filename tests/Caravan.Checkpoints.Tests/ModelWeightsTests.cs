using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class ModelWeightsTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();
    private readonly WeightTensor[] _tensors =
    [
        Tensors.Random("a", WeightType.F32, [4]), Tensors.Random("bb", WeightType.BF16, [5]),
        Tensors.Random("ccc", WeightType.I8, [6]),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(26, 2)]
    [InlineData(1, 3)]
    public void Open_WhatModelWriterWrote_IsEqual(long maxShardSize, int files)
    {
        ModelWriter.Write(_folder.Path, _tensors, maxShardSize);
        Assert.Equal(files, Directory.GetFiles(_folder.Path, "*.safetensors").Length);
        Assert.Equal(files > 1, File.Exists(_folder[Index]));
        using var weights = ModelWeights.Open(_folder.Path);
        Assert.Empty(weights.Warnings);
        Assert.Equal(["a", "bb", "ccc"], weights.Tensors.Select(info => info.Name));
        Assert.All(_tensors, tensor => Assert.Equal(tensor.ReadAll(), weights[tensor.Info.Name].ReadAll()));
        Assert.All(_tensors, tensor => Assert.Equal(tensor.ReadAll(), weights.Map(tensor.Info.Name).Bytes));
    }

    [Fact]
    public void Open_AFile_GivesItsTensors()
    {
        ModelWriter.Write(_folder.Path, _tensors);
        using var weights = ModelWeights.Open(_folder["model.safetensors"]);
        Assert.Equal(3, weights.Tensors.Count);
    }

    [Fact]
    public void Open_AMissingShard_NamesIt()
    {
        WriteShards();
        File.Delete(_folder[Second]);
        Assert.Contains(_folder[Second], Refusal());
    }

    [Fact]
    public void Open_ATruncatedShard_NamesItAndItsTensor()
    {
        WriteShards();
        using (var stream = new FileStream(_folder[Second], FileMode.Open))
            stream.SetLength(stream.Length - 1);
        var message = Refusal();
        Assert.Contains(_folder[Second], message);
        Assert.Contains("'ccc'", message);
        Assert.Contains("truncated", message);
    }

    [Fact]
    public void Open_ATensorThatIsNotInItsShard_NamesBoth()
    {
        WriteShards();
        ChangeIndex(map => map["extra"] = First);
        var message = Refusal();
        Assert.Contains("'extra'", message);
        Assert.Contains(First, message);
    }

    [Theory]
    [InlineData("../other.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b")]
    [InlineData("..")]
    [InlineData("")]
    public void Open_AnIndexThatPointsOutside_IsRefused(string file)
    {
        WriteShards();
        ChangeIndex(map => map["a"] = file);
        Assert.Contains("not a plain file name", Refusal());
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "not an object")]
    [InlineData("""{"weight_map": 1}""", "'weight_map' is missing or not an object")]
    [InlineData("""{"weight_map": {"a": 1}}""", "the file name is not a string")]
    [InlineData("""{"weight_map": {"a": "x", "a": "y"}}""", "not valid JSON")]
    public void Open_ABrokenIndex_SaysWhat(string json, string expected)
    {
        File.WriteAllText(_folder[Index], json);
        var message = Refusal();
        Assert.Contains(_folder[Index], message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Open_AnUnlistedTensorOrAWrongTotal_Warns()
    {
        WriteShards();
        ChangeIndex(map => map.Remove("bb"));
        using var weights = ModelWeights.Open(_folder.Path);
        Assert.Equal(["a", "ccc"], weights.Tensors.Select(info => info.Name));
        Assert.Equal(2, weights.Warnings.Count);
        Assert.Contains("'bb'", weights.Warnings[0]);
        Assert.Contains("total_size", weights.Warnings[1]);
    }

    [Fact]
    public void Open_IndexAndSingleFile_UsesTheIndexIfItsShardsAreThere()
    {
        WriteShards();
        SafetensorsWriter.Write(_folder["model.safetensors"], []);
        using (var weights = ModelWeights.Open(_folder.Path))
            Assert.Equal(3, weights.Tensors.Count);
        File.Delete(_folder[First]);
        Assert.Contains("delete model.safetensors.index.json", Refusal());
    }

    [Fact]
    public void Open_NothingThere_SaysWhatIsExpected()
    {
        Assert.Contains("no weights found", Refusal());
        Assert.Contains(
            "no such directory", Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder["x"])).Message);
    }

    [Fact]
    public void Write_OverAnEarlierSave_RemovesItsShards()
    {
        WriteShards();
        ModelWriter.Write(_folder.Path, _tensors);
        Assert.Equal([_folder["model.safetensors"]], Directory.GetFiles(_folder.Path));
        WriteShards();
        Assert.Equal(
            new[] { First, Second, Index }.Order(), Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Open_ARealModel_MapsTheSameNumbersAsItReads()
    {
        var model = Repository.SharedData("models/stories260k");
        using var weights = ModelWeights.Open(model);
        Assert.Empty(weights.Warnings);
        Assert.Equal([512, 64], weights["model.embed_tokens.weight"].Info.Shape);
        Assert.All(weights.Tensors, info => Assert.Equal(weights[info.Name].ReadAll(), weights.Map(info.Name).Bytes));
        Assert.Equal(WeightType.F32, ModelConfigFile.Read(model).WeightType);
        Assert.Equal([2], GenerationConfigFile.Find(model)!.EosTokenIds);
    }

    private void WriteShards() => ModelWriter.Write(_folder.Path, _tensors, 26);

    private void ChangeIndex(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(_folder[Index]))!;
        change((JsonObject)json["weight_map"]!);
        File.WriteAllText(_folder[Index], json.ToJsonString());
    }

    private string Refusal() => Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Path)).Message;
}
