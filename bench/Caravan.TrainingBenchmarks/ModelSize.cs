using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.TrainingBenchmarks;

/// <summary>A LLaMA with a tied head and what it is trained on in one forward pass.</summary>
/// <param name="Batch">Documents in a pass.</param>
/// <param name="Length">Tokens of each.</param>
internal sealed record ModelSize(
    string Name, int Dim, int Layers, int Heads, int Mlp, int Vocabulary, int Batch, int Length)
{
    internal static readonly IReadOnlyList<ModelSize> All =
    [
        new("tiny", 32, 1, 1, 64, 64, 1, 32),
        new("15M", 288, 6, 6, 768, 32000, 8, 512),
        new("42M", 512, 8, 8, 1376, 32000, 3, 900),
        new("110M", 768, 12, 12, 2048, 32000, 2, 1024),
    ];

    internal int Tokens => Batch * Length;

    internal static ModelSize Of(string name) => All.Single(size => size.Name == name);

    /// <summary>A model directory with random weights in fp32, and the given tokenizer if there is one.</summary>
    internal void Write(string folder, string? tokenizer)
    {
        using var generator = new RandomGenerator(1);
        using var model = ModelFolder.Create(Config(), generator);
        ModelFolder.Save(model, folder);
        if (tokenizer is not null)
            Tokenizer.Load(tokenizer).Save(folder);
    }

    private ModelConfigFile Config()
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", Vocabulary);
        config.Set("hidden_size", Dim);
        config.Set("intermediate_size", Mlp);
        config.Set("num_hidden_layers", Layers);
        config.Set("num_attention_heads", Heads);
        config.Set("max_position_embeddings", 1024);
        config.Set("tie_word_embeddings", true);
        return config;
    }
}
