using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.Cli.Tests;

/// <summary>A model directory with random weights, small enough to be made for every test that needs one.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int MaxPositions = 64;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-model-");

    /// <param name="maxPositions">The context's length.</param>
    public TinyModel(int maxPositions = MaxPositions)
    {
        var tokenizer = ByteLevelBpeTrainer.Train(
            ["the cat and the dog"], new ByteLevelBpeOptions { VocabularySize = 270 });
        tokenizer.Save(Path);
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", tokenizer.VocabularySize);
        config.Set("hidden_size", 16);
        config.Set("intermediate_size", 32);
        config.Set("num_hidden_layers", 2);
        config.Set("num_attention_heads", 2);
        config.Set("max_position_embeddings", maxPositions);
        config.Set("initializer_range", 0.2);
        using var generator = new RandomGenerator(seed: 1);
        using var model = ModelFolder.Create(config, generator);
        SilenceOddBytes(model, tokenizer);
        ModelFolder.Save(model, Path);
    }

    public string Path => _folder.FullName;

    // A zero row of the head makes a token unlikely: answers are plain letters, so that they differ visibly.
    private static void SilenceOddBytes(LanguageModel model, Tokenizer tokenizer)
    {
        // [vocabulary, hidden]
        var head = model.Parameters.Single(parameter => parameter.Key == "lm_head.weight").Value;
        var width = (int)head.Size(1);
        for (var id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (!tokenizer.Decode([id], skipSpecialTokens: true).Any(char.IsAsciiLetter))
                head.Data<float>().Slice(id * width, width).Clear();
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
