using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Tests;

public class GradientCheckpointingTests
{
    [Theory]
    [InlineData(Dtype.Float32, false), InlineData(Dtype.BFloat16, false), InlineData(Dtype.Float32, true)]
    public void Gradients_AreTheSameBitsWithAndWithout(Dtype dtype, bool frozenEmbedding)
    {
        using var generator = new RandomGenerator(3);
        using var model = ModelFolder.Create(Config(), generator, dtype);
        model.RequireGradients();
        if (frozenEmbedding)
            model.Parameters.First().Value.RequiresGrad = false;
        var (without, lossWithout) = Differentiate(model, checkpointing: false);
        var (with, lossWith) = Differentiate(model, checkpointing: true);
        Assert.Equal(lossWithout, lossWith);
        Assert.Equal(without.Count, with.Count);
        foreach (var (name, gradient) in without)
        {
            using (gradient)
            using (with[name])
                Assert.True(gradient.equal(with[name]), name);
        }
    }

    private static (Dictionary<string, Tensor> Gradients, double Loss) Differentiate(
        LanguageModel model, bool checkpointing)
    {
        using var scope = new TensorScope();
        model.GradientCheckpointing = checkpointing;
        var input = ModelInput.FromDocuments([[1, 2, 3, 4, 5, 6, 7], [9, 8, 7]]);
        var targets = Tensor.tensor([2L, 3, 4, 5, 6, 7, 1, 8, 7, 2]);
        var loss = LinearCrossEntropy.Sum(model.Forward(input), model.OutputWeight, targets);
        loss.backward();
        var gradients = new Dictionary<string, Tensor>();
        foreach (var (name, parameter) in model.Parameters)
        {
            if (parameter.Grad is { } gradient)
                gradients[name] = gradient.clone().Owned();
            parameter.Grad = null;
        }
        return (gradients, loss.item());
    }

    private static ModelConfigFile Config()
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", 40);
        config.Set("hidden_size", 32);
        config.Set("intermediate_size", 48);
        config.Set("num_hidden_layers", 3);
        config.Set("num_attention_heads", 4);
        config.Set("num_key_value_heads", 2);
        config.Set("max_position_embeddings", 64);
        config.Set("tie_word_embeddings", false);
        return config;
    }
}
