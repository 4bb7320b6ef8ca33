using System.Text;
using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models.Adapters;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests;

/// <summary>Folders as transformers writes them of a model that was loaded with <c>load_in_4bit</c>. That the parts
/// mean what bitsandbytes means by them is tested against a reference in the rooms that read and quantise
/// them.</summary>
public sealed class BitsAndBytesFolderTests : IDisposable
{
    private readonly SmallModel _small = new();

    public void Dispose() => _small.Dispose();

    [Fact]
    public void Load_KeepsTheCodes_AndComputesAsWithTheSameCodesMadeHere()
    {
        using var scope = new TensorScope();
        using var quantized = _small.Load(linears: WeightPrecision.Nf4);
        var folder = Save(quantized);
        using var model = ModelFolder.Load(folder, new LoadOptions { Strict = true, Warn = Assert.Fail });
        Assert.All(model.Linears.Values, linear => Assert.IsType<Nf4Weight>(linear.Quantized));
        Assert.True(SmallModel.Logits(model).equal(SmallModel.Logits(quantized)));
    }

    [Fact]
    public void Load_ForAnAdapter_TrainsAndSavesAModelThatIsNotQuantised()
    {
        var folder = SaveQuantized();
        using var scope = new TensorScope();
        using var model = ModelFolder.Load(folder, new LoadOptions { ForTraining = true });
        using var adapter = LoraAdapter.Attach(model, new LoraConfig { Rank = 4 }, seed: 1);
        SmallModel.Loss(model).backward();
        Assert.All(adapter.Parameters.Where(pair => pair.Key.Contains("lora_B")), pair => Assert.True(
            pair.Value.Grad!.norm().item() > 0, pair.Key));
        adapter.Merge();
        var merged = _small.SubFolder("merged");
        ModelFolder.Save(model, merged);
        using var again = ModelFolder.Load(merged, new LoadOptions { Strict = true, Warn = Assert.Fail });
        Assert.True(SmallModel.Logits(again).equal(SmallModel.Logits(model)));
    }

    [Fact]
    public void Load_OfAQuantisedHead_DequantisesIt()
    {
        using var scope = new TensorScope();
        using var full = _small.Load();
        using var head = Nf4Weight.Quantize(full.OutputWeight);
        var folder = Save(full, ("lm_head.weight", head));
        using var model = ModelFolder.Load(folder, new LoadOptions { Strict = true, Warn = Assert.Fail });
        Assert.True(model.OutputWeight.equal(head.Dequantize(Dtype.Float32)));
    }

    [Theory]
    [InlineData("load_in_4bit", "false", "'quantization_config.load_in_4bit'")]
    [InlineData("bnb_4bit_quant_type", "\"fp4\"", "'quantization_config.bnb_4bit_quant_type'")]
    public void Load_OfAnotherQuantisation_NamesTheKey(string key, string value, string expected)
    {
        var folder = SaveQuantized();
        var path = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["quantization_config"]![key] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        var failure = Assert.Throws<BadInputException>(() => ModelFolder.Load(folder, new LoadOptions()));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfBlocksOfAnotherSize_SaysWhatToDo()
    {
        using var quantized = _small.Load(linears: WeightPrecision.Nf4);
        var folder = Save(quantized, blockSize: 128);
        var failure = Assert.Throws<BadInputException>(() => ModelFolder.Load(folder, new LoadOptions()));
        Assert.Contains("caravan weights convert", failure.Message, StringComparison.Ordinal);
    }

    private string SaveQuantized()
    {
        using var quantized = _small.Load(linears: WeightPrecision.Nf4);
        return Save(quantized);
    }

    private string Save(LanguageModel model, (string Name, Nf4Weight Weight)? other = null, int blockSize = 64)
    {
        using var scope = new TensorScope();
        var folder = _small.SubFolder("bnb");
        Directory.CreateDirectory(folder);
        var tensors = model.Parameters.Where(pair => pair.Key != other?.Name).ToList();
        foreach (var linear in model.Linears.Values.Where(linear => linear.Quantized is not null))
            tensors.AddRange(Parts($"{linear.Name}.weight", (Nf4Weight)linear.Quantized!, blockSize));
        if (other is var (name, weight))
            tensors.AddRange(Parts(name, weight, blockSize));
        TensorFile.Write(Path.Combine(folder, "model.safetensors"), tensors);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_small.Folder, "config.json")))!;
        config["quantization_config"] = new JsonObject
        {
            ["quant_method"] = "bitsandbytes",
            ["load_in_4bit"] = true,
            ["bnb_4bit_quant_type"] = "nf4",
            ["bnb_4bit_use_double_quant"] = true,
        };
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        return folder;
    }

    private static Dictionary<string, Tensor> Parts(string name, Nf4Weight weight, int blockSize)
    {
        var scales = weight.Scales.Parts;
        var blocks = (weight.Rows * weight.Columns + blockSize - 1) / blockSize;
        var state = new JsonObject
        {
            ["quant_type"] = "nf4",
            ["blocksize"] = blockSize,
            ["dtype"] = "float32",
            ["shape"] = new JsonArray(weight.Rows, weight.Columns),
            ["nested_blocksize"] = 256,
            ["nested_dtype"] = "float32",
            ["nested_offset"] = (double)weight.Scales.Offset,
        };
        var levels = Enumerable.Range(0, 16).Select(Level).ToArray();
        return new Dictionary<string, Tensor>
        {
            [name] = weight.Packed.view(-1, 1),
            [$"{name}.absmax"] = scales[0].narrow(0, 0, blocks),
            [$"{name}.quant_map"] = Tensor.tensor(levels),
            [$"{name}.nested_absmax"] = scales[1].narrow(0, 0, (blocks + 255) / 256),
            [$"{name}.nested_quant_map"] = scales[2],
            [$"{name}.quant_state.bitsandbytes__nf4"] = Tensor.tensor(Encoding.UTF8.GetBytes(state.ToJsonString())),
        };
    }

    // What a code stands for where the scale is 1.
    private static float Level(int code)
    {
        var packed = Tensor.tensor([(byte)(code << 4 | code)]);
        using var weight = new Nf4Weight(1, 2, packed, BlockScales.Exact(Tensor.ones([1])));
        return weight.Dequantize(Dtype.Float32).Data<float>()[0];
    }
}
