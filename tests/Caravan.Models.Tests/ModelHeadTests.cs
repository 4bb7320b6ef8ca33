using System.Text.Json;
using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests;

/// <summary>Reward and value models against <c>tests/golden/scalar_heads</c>; tolerances stand in the golden files.
/// </summary>
public sealed class ModelHeadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-heads-").FullName;

    [Fact]
    public void Sequence_ScoresLossAndGradients_EqualPyTorchs()
    {
        using var golden = new Golden("reward");
        using var model = golden.Load(ModelHead.Sequence());
        model.RequireGradients();
        using var scope = new TensorScope();
        var input = ModelInput.FromDocuments(golden.Documents);
        var scores = model.LastLogits(model.Forward(input), input).select(1, 0);  // [documents]
        // Documents 0 and 1 are chosen, 2 and 3 rejected: the mean of −log σ(chosen − rejected).
        var margins = scores.narrow(0, 0, 2) - scores.narrow(0, 2, 2);
        var loss = -margins.sigmoid().log().mean();
        loss.backward();
        golden.AssertEqual("score", Tensor.stack([.. golden.Each("score")]), scores);
        golden.AssertGradients(model, loss);
    }

    [Fact]
    public void Token_ValuesLossAndGradients_EqualPyTorchs()
    {
        using var golden = new Golden("value");
        using var model = golden.Load(ModelHead.Token());
        model.RequireGradients();
        using var scope = new TensorScope();
        var values = model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents))).select(1, 0); // [tokens]
        var errors = values - Tensor.cat([.. golden.Each("targets")]);
        var loss = (errors * errors).mean();
        loss.backward();
        golden.AssertEqual("values", Tensor.cat([.. golden.Each("values")]), values);
        golden.AssertGradients(model, loss);
    }

    [Fact]
    public void Load_OfALanguageModelAsARewardModel_DropsItsHeadAndDrawsAnother()
    {
        var warnings = new List<string>();
        var options = new LoadOptions { Head = ModelHead.Sequence(), Seed = 4, Warn = warnings.Add };
        using var model = ModelFolder.Load(Repository.Golden("llama", "grouped"), options);
        using var again = ModelFolder.Load(Repository.Golden("llama", "grouped"), options with { Warn = null });
        Assert.Equal(2, warnings.Count);
        Assert.Contains("'score.weight' is new", warnings[0], StringComparison.Ordinal);
        Assert.Contains("'lm_head.weight' is dropped", warnings[1], StringComparison.Ordinal);
        Assert.Equal([1, model.Dimensions.HiddenSize], model.OutputWeight.Shape);
        Assert.True(model.OutputWeight.equal(again.OutputWeight));
        Assert.True(model.OutputWeight.abs().max().item() > 0);

        ModelFolder.Save(model, _folder);
        var config = ModelConfigFile.Read(_folder);
        Assert.Equal("LlamaForSequenceClassification", config.Architecture);
        Assert.Equal(1, config.GetInt("num_labels"));
        Assert.Equal("LABEL_0", config.FindObject("id2label")!.GetString("0"));
        using var saved = ModelFolder.Load(_folder, options with { Strict = true, Warn = Assert.Fail });
        Assert.True(saved.OutputWeight.equal(model.OutputWeight));
    }

    [Fact]
    public void Load_OfARewardModelAsAValueModel_KeepsItsScoreAndAddsAZeroBias()
    {
        using var model = ModelFolder.Load(
            Repository.Golden("scalar_heads", "reward"), new LoadOptions { Head = ModelHead.Token() });
        Assert.Equal(0, model.OutputBias!.abs().max().item());
        Assert.Equal(["score.weight", "score.bias"], model.Parameters.Select(pair => pair.Key).TakeLast(2));
    }

    [Fact]
    public void Load_OfARewardModelAsALanguageModel_SaysWhatItIs()
    {
        var failure = Assert.Throws<BadInputException>(
            () => ModelFolder.Load(Repository.Golden("scalar_heads", "reward"), Dtype.Float32));
        Assert.Contains("'architectures'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("scores", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Golden : IDisposable
    {
        private readonly string _folder;
        private readonly TensorFile _expected;
        private readonly JsonElement _tolerances;

        internal Golden(string name)
        {
            _folder = Repository.Golden("scalar_heads", name);
            _expected = TensorFile.Open(Path.Combine(_folder, "expected.safetensors"));
            _tolerances = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "expected.json")))
                .RootElement.GetProperty("tolerance");
            Documents = [
                .. Each("input_ids").Select(ids => ids.Data<long>().ToArray().Select(id => (int)id).ToArray())];
        }

        internal int[][] Documents { get; }

        internal LanguageModel Load(ModelHead head) => ModelFolder.Load(
            _folder, new LoadOptions { Head = head, ForTraining = true, Strict = true });

        internal IEnumerable<Tensor> Each(string kind) =>
            Enumerable.Range(0, 4).Select(document => _expected.Read($"{kind}.{document}"));

        internal void AssertGradients(LanguageModel model, Tensor loss)
        {
            AssertEqual("loss", _expected.Read("loss"), loss);
            foreach (var (name, parameter) in model.Parameters)
                AssertEqual("gradient", _expected.Read($"gradient.{name}"), parameter.Grad!);
        }

        internal void AssertEqual(string kind, Tensor expected, Tensor found)
        {
            var tolerance = _tolerances.GetProperty(kind);
            var allowed = expected.abs() * tolerance.GetProperty("relative").GetDouble()
                + tolerance.GetProperty("absolute").GetDouble();
            Assert.Equal(expected.Shape, found.Shape);
            Assert.True(((found - expected).abs() - allowed).max().item() <= 0, kind);
        }

        public void Dispose() => _expected.Dispose();
    }
}
