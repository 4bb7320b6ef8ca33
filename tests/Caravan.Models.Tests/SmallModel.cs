using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Tests;

/// <summary>A LLaMA with random weights, in a folder that is deleted afterwards.</summary>
internal sealed class SmallModel : IDisposable
{
    internal SmallModel(int hidden = 64, int intermediate = 96, bool tied = false)
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", 60), ("hidden_size", hidden), ("intermediate_size", intermediate), ("num_hidden_layers", 2),
            ("num_attention_heads", 4), ("num_key_value_heads", 2), ("max_position_embeddings", 64),
        })
        {
            config.Set(key, value);
        }
        config.Set("tie_word_embeddings", tied);
        config.Set("initializer_range", 0.1);
        using var generator = new RandomGenerator(3);
        using var model = ModelFolder.Create(config, generator);
        ModelFolder.Save(model, Folder);
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("caravan-model-").FullName;

    internal LanguageModel Load(
        Dtype dtype = Dtype.Float32, bool forTraining = false, WeightPrecision linears = WeightPrecision.Full) =>
        ModelFolder.Load(Folder, new LoadOptions { Dtype = dtype, ForTraining = forTraining, Linears = linears });

    internal string SubFolder(string name) => Path.Combine(Folder, name);

    /// <summary>Documents of several lengths.</summary>
    internal static int[][] Documents { get; } =
        [[1, 5, 9, 2, 33, 52, 4], [1, 7], [1, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31], [1, 3, 3, 3]];

    /// <summary>[tokens, vocabulary] of all documents, fp32.</summary>
    internal static Tensor Logits(LanguageModel model) =>
        model.Logits(model.Forward(ModelInput.FromDocuments(Documents))).to(Dtype.Float32);

    /// <summary>The mean next-token loss over all documents.</summary>
    internal static Tensor Loss(LanguageModel model)
    {
        var hidden = model.Forward(ModelInput.FromDocuments(Documents));
        long[] targets = [
            .. Documents.SelectMany(ids => ids[1..].Select(id => (long)id).Append(LinearCrossEntropy.IgnoreIndex))];
        return LinearCrossEntropy.Sum(hidden, model.OutputWeight, Tensor.tensor(targets))
            * (1.0 / targets.Count(target => target >= 0));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
