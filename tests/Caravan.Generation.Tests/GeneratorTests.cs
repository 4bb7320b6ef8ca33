using System.Text.Json;
using Caravan.Files;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.Generation.Tests;

/// <summary>On the pretrained model stories260k; its <c>expected.json</c> was computed with PyTorch.</summary>
public class GeneratorTests
{
    [Fact]
    public void Greedy_ContinuesLikePyTorch_TokenForToken()
    {
        using var model = Load(out var folder);
        var tokenizer = Tokenizer.Load(folder);
        foreach (var expected in Expected(folder).GetProperty("greedy").EnumerateArray())
        {
            var prompt = expected.GetProperty("prompt").GetString()!;
            var ids = Integers(expected.GetProperty("prompt_ids"));
            Assert.Equal(ids, tokenizer.Encode(prompt));
            var newIds = Integers(expected.GetProperty("new_ids"));
            var result = new Generator(model).Generate([ids], Greedy(newIds.Length))[0];
            Assert.Equal(newIds, result.TokenIds);
            Assert.Equal(expected.GetProperty("text").GetString(), tokenizer.Decode([.. ids, .. result.TokenIds]));
        }
    }

    [Fact]
    public void Greedy_InABatch_EqualsEachAlone()
    {
        using var model = Load(out var folder);
        int[][] prompts = [.. Expected(folder).GetProperty("greedy").EnumerateArray().Select(item =>
            Integers(item.GetProperty("prompt_ids")))];
        // A stop token that comes at different times makes sequences leave the batch one by one.
        var settings = Greedy(60) with { StopTokenIds = [426], BatchSize = 3 };
        var together = new Generator(model).Generate(prompts, settings);
        for (var i = 0; i < prompts.Length; i++)
        {
            var alone = new Generator(model).Generate([prompts[i]], settings)[0];
            Assert.Equal(alone.TokenIds, together[i].TokenIds);
            Assert.Equal(alone.Reason, together[i].Reason);
        }
        Assert.Contains(together, result => result.Reason == FinishReason.Stop);
    }

    [Fact]
    public void Logits_EqualPyTorchs()
    {
        using var model = Load(out var folder);
        using var scope = new TensorScope();
        var expected = Expected(folder).GetProperty("logits");
        var logits = model.Logits(model.Forward(ModelInput.FromDocuments([Integers(expected.GetProperty("ids"))])));
        var last = expected.GetProperty("last_row").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.All(last.Zip(logits.select(0, -1).Data<float>().ToArray()), pair =>
            Assert.Equal(pair.First, pair.Second, 1e-4f));
        var first = expected.GetProperty("row0_first8").EnumerateArray().Select(value => value.GetSingle()).ToArray();
        Assert.All(first.Zip(logits.select(0, 0).narrow(0, 0, 8).Data<float>().ToArray()), pair =>
            Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Sampling_SameSeed_SameText_AndTopKOfOneIsGreedy()
    {
        using var model = Load(out var folder);
        var prompt = Integers(Expected(folder).GetProperty("greedy")[1].GetProperty("prompt_ids"));
        var generator = new Generator(model);
        var settings = new GenerationSettings { MaxNewTokens = 40, Temperature = 1, TopP = 0.95, Seed = 3 };
        var first = generator.Generate([prompt, prompt], settings);
        Assert.Equal(first[1].TokenIds, generator.Generate([prompt, prompt], settings)[1].TokenIds);
        Assert.NotEqual(first[0].TokenIds, first[1].TokenIds);
        Assert.NotEqual(first[0].TokenIds, generator.Generate([prompt], settings with { Seed = 4 })[0].TokenIds);
        Assert.Equal(
            generator.Generate([prompt], Greedy(40))[0].TokenIds,
            generator.Generate([prompt], settings with { TopK = 1 })[0].TokenIds);
    }

    [Fact]
    public void OnToken_TellsEveryTokenOnce()
    {
        using var model = Load(out var folder);
        var told = new List<int>();
        var result = new Generator(model).Generate([[1]], Greedy(20), (_, id) => told.Add(id));
        Assert.Equal(result[0].TokenIds, told);
    }

    [Fact]
    public void Generate_BeyondTheContext_StopsThere()
    {
        using var model = Load(out _);
        var prompt = Enumerable.Repeat(1, 505).ToArray();
        var result = new Generator(model).Generate([prompt], Greedy(100))[0];
        Assert.Equal((7, FinishReason.Length), (result.TokenIds.Length, result.Reason));
    }

    [Theory]
    [InlineData(new int[0], "prompt 1 is empty")]
    [InlineData(new[] { 1, 512 }, "holds token id 512, and the model's embedding has 512 rows")]
    [InlineData(new[] { -1 }, "holds token id -1")]
    public void BadPrompt_IsRefused(int[] prompt, string expected)
    {
        using var model = Load(out _);
        var error = Assert.Throws<BadInputException>(() => new Generator(model).Generate([prompt], Greedy(1)));
        Assert.Contains(expected, error.Message);
    }

    private static GenerationSettings Greedy(int tokens) => new() { Temperature = 0, MaxNewTokens = tokens };

    private static LanguageModel Load(out string folder)
    {
        folder = Repository.SharedData("models", "stories260k");
        return ModelFolder.Load(folder, Dtype.Float32);
    }

    private static JsonElement Expected(string folder) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json"))).RootElement;

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
