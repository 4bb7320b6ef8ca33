using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Models that bitsandbytes quantised to NF4 and transformers saved: beside <c>p.weight</c> (codes) stand
/// <c>p.weight.absmax</c> and its like, and a description in <c>p.weight.quant_state.bitsandbytes__nf4</c>.
/// </summary>
public static partial class BitsAndBytes
{
    private const string StateSuffix = ".quant_state.bitsandbytes__nf4";

    private static readonly string[] Parts =
        [".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", StateSuffix];

    /// <summary>Refuses a model that its configuration calls quantised in a way that cannot be read.</summary>
    public static void RequireReadable(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelConfigFile.FileName))
            || ModelConfigFile.Read(folder).FindObject("quantization_config") is not { } quantization)
        {
            return;
        }
        if (quantization.GetString("quant_method", "bitsandbytes") != "bitsandbytes")
            throw quantization.Bad("quant_method", "\"bitsandbytes\": other quantised models cannot be read");
        if (!quantization.GetBool("load_in_4bit", false))
            throw quantization.Bad("load_in_4bit", "true: of bitsandbytes' formats only NF4 can be read");
        if (quantization.GetString("bnb_4bit_quant_type", "nf4") != "nf4")
            throw quantization.Bad("bnb_4bit_quant_type", "\"nf4\"");
    }

    /// <summary>The tensors of a model with quantised ones dequantised, and what describes these left out.</summary>
    /// <exception cref="BadInputException">The description does not fit the codes.</exception>
    internal static IEnumerable<WeightTensor> Dequantise(ModelWeights weights, IEnumerable<TensorInfo> tensors)
    {
        foreach (var info in tensors)
        {
            if (weights.Contains(info.Name + StateSuffix))
                yield return Open(weights, info);
            else if (info.Name.Contains(".quant_state.", StringComparison.Ordinal)
                && !info.Name.EndsWith(StateSuffix, StringComparison.Ordinal))
                throw Bad(weights, info.Name, "is quantised in another way than NF4, which cannot be read");
            else if (!IsPart(weights, info.Name))
                yield return weights[info.Name];
        }
    }

    /// <summary>Whether a tensor only describes another one, which is quantised.</summary>
    public static bool IsPart(ModelWeights weights, string name) => Array.Exists(Parts, part =>
        name.EndsWith(part, StringComparison.Ordinal) && weights.Contains(name[..^part.Length] + StateSuffix));

    private static Nf4StoredTensor Open(ModelWeights weights, TensorInfo packed)
    {
        var name = packed.Name;
        var state = ReadState(weights, name);
        if (state.GetString("quant_type", "") != "nf4")
            throw state.Bad("quant_type", "\"nf4\"");
        var blockSize = state.GetInt("blocksize", Nf4.BlockSize);
        var type = WeightTypes.TryParse(state.GetString("dtype"), out var parsed) && parsed.IsFloatingPoint()
            ? parsed : throw state.Bad("dtype", "\"float32\", \"float16\" or \"bfloat16\"");
        var info = new TensorInfo(name, type, [.. state.GetInts("shape").Select(size => (long)size)]);
        if (packed.Type != WeightType.U8 || packed.ByteLength != (info.ElementCount + 1) / 2 || blockSize < 1)
        {
            throw Bad(
                weights, name,
                $"has {packed.ByteLength} bytes of codes in blocks of {blockSize} for shape {info.ShapeText}");
        }
        var levels = Nf4StoredTensor.ReadFloats(Part(weights, name, ".quant_map", WeightType.F32, Nf4.Levels.Length));
        var blocks = (info.ElementCount + blockSize - 1) / blockSize;
        if (!weights.Contains(name + ".nested_absmax"))
        {
            var scales = Part(weights, name, ".absmax", WeightType.F32, blocks);
            return new Nf4StoredTensor(
                info, weights[name], levels, () => Nf4StoredTensor.ReadFloats(scales), blockSize);
        }
        var outerSize = state.GetInt("nested_blocksize", Nf4.ScaleBlockSize);
        if (outerSize < 1)
            throw state.Bad("nested_blocksize", "a positive number");
        var offset = (float)state.GetDouble("nested_offset");
        var codes = Part(weights, name, ".absmax", WeightType.U8, blocks);
        var map = Part(weights, name, ".nested_quant_map", WeightType.F32, 256);
        var outer = Part(weights, name, ".nested_absmax", WeightType.F32, (blocks + outerSize - 1) / outerSize);
        return new Nf4StoredTensor(
            info, weights[name], levels, () => Nf4StoredTensor.ReadNested(
                codes, map, outer, outerSize, offset), blockSize);
    }

    private static ConfigObject ReadState(ModelWeights weights, string name)
    {
        var state = weights[name + StateSuffix];
        if (state.Info.Type != WeightType.U8 || state.Info.ByteLength > 1 << 16)
            throw Bad(weights, name, "has a description that is not text");
        try
        {
            var json = JsonNode.Parse(
                state.ReadAll(), null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new ConfigObject($"{weights.Path}: {state.Info.Name}", "", (JsonObject)json!);
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or InvalidOperationException)
        {
            throw Bad(weights, name, "has a description that is not a JSON object");
        }
    }

    private static WeightTensor Part(ModelWeights weights, string name, string part, WeightType type, long count)
    {
        var tensor = weights[name + part];
        return tensor.Info.Type == type && tensor.Info.ElementCount == count
            ? tensor
            : throw Bad(
                weights, name,
                $"needs {count} numbers of type {type.SafetensorsName()} in '{tensor.Info.Name}', found {tensor.Info}");
    }

    private static BadInputException Bad(ModelWeights weights, string name, string what) =>
        new($"{weights.Path}: tensor '{name}' {what}. Save the model without quantisation, or fetch it again.");
}
