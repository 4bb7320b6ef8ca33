using Caravan.Files;

namespace Caravan.Checkpoints.Tests.Catalog;

public sealed class ReleasedModelsTests
{
    [Fact]
    public void All_HasTheWholeTableAndTheOthers()
    {
        var diffs = ReleasedModels.All.Where(model => model.Kind == ReleaseKind.Diff).ToList();
        // 14 rows of the table: three of them in four sizes, the others in two.
        Assert.Equal(3 * 4 + 11 * 2, diffs.Count);
        Assert.All(diffs, model => Assert.Equal($"LLaMA {model.Size}", model.Base));
        Assert.Equal(10, ReleasedModels.All.Count - diffs.Count);
        Assert.Equal(ReleasedModels.All.Count, ReleasedModels.All.Select(model => model.Id).Distinct().Count());
        Assert.All(ReleasedModels.All, model => Assert.Matches("^[a-zA-Z-]+/[a-zA-Z0-9._-]+$", model.Id));
    }

    [Theory]
    [InlineData("allenai/tulu-65b", "65B", "LLaMA 65B")]
    [InlineData("open-instruct-sni-13b", "13B", "LLaMA 13B")]
    [InlineData("Open-Instruct-ShareGPT-30B", "30B", "LLaMA 30B")]
    [InlineData("open-instruct-pythia-6.9b-tulu", "6.9B", "EleutherAI/pythia-6.9b")]
    [InlineData("openalpaca_7b_preview_2bt", "7B", "openlm-research/open_llama_7b_preview_200bt")]
    public void Get_IdOrName_Finds(string name, string size, string @base)
    {
        var model = ReleasedModels.Get(name);
        Assert.Equal((size, @base), (model.Size, model.Base));
    }

    [Fact]
    public void Bases_OfOpenAlpaca_AreInTheCatalogueThemselves() => Assert.All(
        ReleasedModels.All.Where(model => model.Family == "OpenAlpaca"),
        model => Assert.NotNull(ReleasedModels.Find(model.Base!)));

    [Theory]
    [InlineData("tulu-13", "Did you mean 'tulu-13b'?")]
    [InlineData("allenai/open-instruct-superni-7b", "Did you mean 'open-instruct-sni-7b'?")]
    [InlineData("open-instruct-alpaca-7b",
        "Did you mean 'open-instruct-stanford-alpaca-7b' or 'open-instruct-code-alpaca-7b' or " +
        "'open-instruct-gpt4-alpaca-7b'?")]
    [InlineData("something-else-entirely", "in the catalogue. 'caravan models list'")]
    public void Get_UnknownName_SuggestsWhatWasMeant(string name, string hint) =>
        Assert.Contains(hint, Assert.Throws<BadInputException>(() => ReleasedModels.Get(name)).Message);
}
