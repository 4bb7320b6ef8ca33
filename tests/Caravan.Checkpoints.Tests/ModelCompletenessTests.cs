namespace Caravan.Checkpoints.Tests;

public sealed class ModelCompletenessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The golden models' weights are written by PyTorch modules under Hugging Face's names.</summary>
    [Theory]
    [InlineData("llama/grouped")]
    [InlineData("llama/tied")]
    [InlineData("architectures/*")]
    [InlineData("scalar_heads/*")]
    public void Check_GoldenModels_AreComplete(string pattern)
    {
        var parts = pattern.Split('/');
        var models = Directory.GetDirectories(Repository.Golden(parts[0]), parts[1]);
        Assert.NotEmpty(models);
        foreach (var model in models)
        {
            using var weights = ModelWeights.Open(model);
            var found = ModelCompleteness.Check(weights, ModelConfigFile.Read(model));
            Assert.True(found.IsKnown, model);
            Assert.True(found.IsComplete, $"{model}: {string.Join("; ", [.. found.Missing, .. found.WrongShapes])}");
            Assert.True(found.Unexpected.Count == 0, $"{model}: {string.Join("; ", found.Unexpected)}");
        }
    }

    [Fact]
    public void Check_TensorsMissingOrMisshapen_NamesThem()
    {
        var golden = Repository.Golden("llama", "grouped");
        using (var weights = ModelWeights.Open(golden))
        {
            ModelWriter.Write(_folder.Path, [
                .. weights.Tensors.Where(info => info.Name is not ("model.norm.weight" or "lm_head.weight"))
                    .Select(info => weights[info.Name]),
                Tensors.Of("model.norm.weight", [1], 1), Tensors.Of("extra", [1], 1),
            ]);
        }
        using var changed = ModelWeights.Open(_folder.Path);
        var found = ModelCompleteness.Check(changed, ModelConfigFile.Read(golden));
        Assert.Equal(["lm_head.weight"], found.Missing);
        Assert.StartsWith("model.norm.weight [1] instead of [", Assert.Single(found.WrongShapes));
        Assert.Equal(["extra"], found.Unexpected);
    }

    [Fact]
    public void Check_ATiedModel_NamesTheEmbedding()
    {
        var golden = Repository.Golden("llama", "tied");
        using var weights = ModelWeights.Open(golden);
        var found = ModelCompleteness.Check(weights, ModelConfigFile.Read(golden));
        Assert.Equal("model.embed_tokens.weight", found.Tied["lm_head.weight"]);
    }

    [Fact]
    public void Check_WithoutConfiguration_KnowsNothing()
    {
        using var weights = ModelWeights.Open(Repository.Golden("checkpoints", "views.pt"));
        var found = ModelCompleteness.Check(weights, null);
        Assert.False(found.IsKnown);
        Assert.Equal("base", found.Tied["tied"]);
    }
}
