using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Architectures;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>Models in directories of Hugging Face's layout: <c>config.json</c> and safetensors weights.</summary>
public static class ModelFolder
{
    private delegate LanguageModel Architecture(ModelConfigFile config, IParameterSource parameters);

    // Adding an architecture: one file in Architectures/, one line here.
    private static readonly SortedDictionary<string, Architecture> Architectures = new(StringComparer.Ordinal)
    {
        ["llama"] = (config, parameters) => new LlamaModel(config, parameters),
    };

    /// <summary>Loads a model.</summary>
    /// <param name="dtype">Type to compute in; stored weights are converted.</param>
    /// <param name="forTraining">Whether parameters will be changed. Otherwise those that need no conversion stay in the
    /// mapped file: nothing is read before it is used, and processes share the memory.</param>
    /// <param name="linears">How the weights of linear layers are kept. They are quantised one by one: the peak is the
    /// quantised model and one tensor.</param>
    /// <exception cref="BadInputException">A file is missing or damaged, the architecture is not known, or weights and
    /// config.json contradict each other.</exception>
    public static LanguageModel Load(
        string directory, Dtype dtype, Device device = default, bool forTraining = false,
        WeightPrecision linears = WeightPrecision.Full)
    {
        if (!Directory.Exists(directory))
            throw new BadInputException($"{directory}: there is no such directory; expected a model directory with config.json and model.safetensors.");
        var config = ModelConfigFile.Read(directory);
        var weights = ModelWeights.Open(directory);
        var model = Build(config, new CheckpointParameters(weights, dtype, device, share: !forTraining, linears));
        model.IsReadOnly = !forTraining;
        return model;
    }

    /// <summary>Makes a model with random parameters from a configuration.</summary>
    /// <exception cref="BadInputException">The configuration is incomplete or of an unknown architecture.</exception>
    public static LanguageModel Create(ModelConfigFile config, RandomGenerator generator, Dtype dtype = Dtype.Float32) =>
        Build(config, new RandomParameters(generator, config.GetDouble("initializer_range", 0.02), dtype));

    /// <summary>Writes <c>config.json</c> and the weights in the model's type, quantised ones dequantised; see
    /// <see cref="ModelWriter"/>.</summary>
    public static void Save(LanguageModel model, string directory)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        Directory.CreateDirectory(directory);
        var parameters = model.Parameters.Select(
            pair => TorchTensors.Stored(pair.Key, pair.Value.to(Device.Cpu).contiguous()));
        var quantized = model.Linears.Values.Where(linear => linear.Quantized is not null)
            .Select(linear => new DequantizedTensor(linear, model.Dtype));
        ModelWriter.Write(directory, [.. parameters, .. quantized]);
        var config = model.Config.Copy();
        config.Remove("quantization_config");
        config.WeightType = model.Dtype switch
        {
            Dtype.BFloat16 => WeightType.BF16,
            Dtype.Float16 => WeightType.F16,
            _ => WeightType.F32,
        };
        config.Write(directory);
    }

    private static LanguageModel Build(ModelConfigFile config, IParameterSource parameters) =>
        Architectures.TryGetValue(config.ModelType, out var architecture)
            ? architecture(config, parameters)
            : throw new BadInputException(
                $"{config.Path}: model_type is '{config.ModelType}', which is not supported. Supported: " +
                $"{string.Join(", ", Architectures.Keys)}.");
}
