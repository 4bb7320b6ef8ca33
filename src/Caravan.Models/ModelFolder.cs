using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Architectures;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>Models in directories of Hugging Face's layout: <c>config.json</c> and weights in safetensors or PyTorch's
/// format, in one file or in shards.</summary>
public static class ModelFolder
{
    /// <summary>The values of <c>model_type</c> that are supported.</summary>
    public static IReadOnlyCollection<string> ModelTypes => Architecture.All.Keys;

    /// <inheritdoc cref="Load(string, LoadOptions)"/>
    public static LanguageModel Load(
        string directory, Dtype dtype, Device device = default, bool forTraining = false,
        WeightPrecision linears = WeightPrecision.Full) =>
        Load(directory,
            new LoadOptions { Dtype = dtype, Device = device, ForTraining = forTraining, Linears = linears });

    /// <summary>Loads a model tensor by tensor: the peak is the model and one tensor. Linear layers that bitsandbytes
    /// has saved in NF4 stay so, whatever the options ask for.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged, the architecture is not known, or weights and
    /// config.json contradict each other.</exception>
    public static LanguageModel Load(string directory, LoadOptions options)
    {
        if (!Directory.Exists(directory))
        {
            throw new BadInputException(
                $"{directory}: there is no such directory; expected a model directory with config.json and weights.");
        }
        var config = ModelConfigFile.Read(directory);
        var architecture = Architecture.Of(config);
        BitsAndBytes.RequireReadable(directory);
        if (options.Head.IsLanguage && ModelHead.Of(config) is { IsLanguage: false })
        {
            throw config.Bad(
                "architectures", "a language model: this one was trained to give scores, not to continue texts");
        }
        var weights = ModelWeights.Open(directory);
        if (options.IgnoreVocabularyRows)
            TakeVocabularyRows(config, weights, architecture.BasePrefix, options.Warn);
        using var source = new CheckpointParameters(weights, config, architecture.BasePrefix, options);
        if (options.VocabularySize is { } rows)
            config.Set("vocab_size", rows);
        var model = architecture.Create(config, source, options.Head);
        try
        {
            source.Finish(model);
            model.IsReadOnly = !options.ForTraining;
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Makes a model with random parameters from a configuration, by the rules that the architecture was
    /// published with: normal with <c>initializer_range</c>, norms ones, biases zeros.</summary>
    /// <exception cref="BadInputException">The configuration is incomplete or of an unknown architecture.</exception>
    public static LanguageModel Create(
        ModelConfigFile config, RandomGenerator generator, Dtype dtype = Dtype.Float32, ModelHead? head = null) =>
        Architecture.Of(config).Create(
            config, new RandomParameters(generator, InitializerRange(config), dtype), head ?? ModelHead.Language);

    /// <summary>Makes a model that only knows what its parameters and layers are called and how large they are: it
    /// takes no memory, whatever its size, and cannot compute.</summary>
    /// <exception cref="BadInputException">The configuration is incomplete or of an unknown architecture.</exception>
    public static LanguageModel Outline(ModelConfigFile config) =>
        Architecture.Of(config).Create(config, new OutlineParameters(), ModelHead.Language);

    /// <summary>Writes <c>config.json</c> and the weights in the model's type, quantised ones dequantised; see
    /// <see cref="ModelWriter"/>.</summary>
    /// <returns>The SHA-256 of each weight file, by its name.</returns>
    public static IReadOnlyDictionary<string, string> Save(LanguageModel model, string directory)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        Directory.CreateDirectory(directory);
        var parameters = model.Parameters.Select(
            pair => TorchTensors.Stored(pair.Key, pair.Value.to(Device.Cpu).contiguous()));
        var quantized = model.Linears.Values.Where(linear => linear.Quantized is not null)
            .Select(linear => new DequantizedTensor(linear, model.Dtype));
        var hashes = ModelWriter.Write(directory, [.. parameters, .. quantized]);
        var config = model.Config.Copy();
        config.WeightType = model.Dtype switch
        {
            Dtype.BFloat16 => WeightType.BF16,
            Dtype.Float16 => WeightType.F16,
            _ => WeightType.F32,
        };
        config.Remove("quantization_config");
        model.Head.Describe(config, Architecture.Of(config).ClassPrefix);
        config.Write(directory);
        return hashes;
    }

    // The embedding is an architecture's first parameter; if the checkpoint lacks it, the loading says so.
    private static void TakeVocabularyRows(
        ModelConfigFile config, ModelWeights weights, string basePrefix, Action<string>? warn)
    {
        using var outline = Outline(config);
        if (CheckpointParameters.FindStored(weights, basePrefix, outline.Parameters.First().Key) is not { } embedding
            || weights[embedding].Info.Shape is not [var rows, _] || rows == outline.VocabularySize)
        {
            return;
        }
        warn?.Invoke($"{weights.Path}: '{embedding}' has {rows} rows, which count; config.json's vocab_size is " +
            $"{outline.VocabularySize}.");
        config.Set("vocab_size", checked((int)rows));
    }

    /// <summary>The standard deviation of fresh weights; OPT calls it <c>init_std</c>.</summary>
    internal static double InitializerRange(ModelConfigFile config) =>
        config.FindDouble("initializer_range") ?? config.GetDouble("init_std", 0.02);
}
