using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Tests.Architectures;

/// <summary>Every architecture against the PyTorch models in <c>tests/golden/reference</c>; the tolerances of single
/// precision stand in the golden files.</summary>
public class ArchitectureTests
{
    public static TheoryData<string> All => GoldenCases.All;

    public static TheoryData<string> Causal => GoldenCases.Causal;

    public static TheoryData<string> Rotary => GoldenCases.Rotary;

    [Theory, MemberData(nameof(All))]
    public void Logits_OfEachDocumentAlone_EqualPyTorchs(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        for (var i = 0; i < golden.Documents.Length; i++)
        {
            using var scope = new TensorScope();
            golden.AssertEqual("logits", golden.Expected($"logits.{i}"), Logits(model, golden.Documents[i]));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Logits_OfPackedDocuments_EqualPyTorchs(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        using var scope = new TensorScope();
        golden.AssertEqual("logits", golden.AllLogits(), Logits(model, golden.Documents));
    }

    [Theory, MemberData(nameof(All))]
    public void Logits_ByCompositionsOfOperators_EqualPyTorchs(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load(Dtype.Float64);
        using var scope = new TensorScope();
        // No SIMD code computes in double precision.
        golden.AssertEqual("logits", golden.AllLogits(), Logits(model, golden.Documents).to(Dtype.Float32));
    }

    [Theory, MemberData(nameof(All))]
    public void Gradients_OfPackedDocuments_EqualPyTorchs(string name) => AssertGradients(name, [[0, 1, 2]]);

    [Theory, MemberData(nameof(All))]
    public void Gradients_OfEachDocumentAlone_EqualPyTorchs(string name) => AssertGradients(name, [[0], [1], [2]]);

    [Theory, MemberData(nameof(Causal))]
    public void Logits_InPiecesThroughTheCache_EqualPyTorchs(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        using var noGradients = GradientMode.Disable();
        using var scope = new TensorScope();
        var documents = golden.Documents;
        using var cache = model.CreateCache(documents.Length, documents.Max(document => document.Length));
        var rows = documents.Select(_ => new List<Tensor>()).ToArray();
        // A prefix of each at once, one token of each, then all the rest: pieces of several tokens, of some one.
        var begin = 0;
        foreach (var end in new[] { 2, 3, 4, int.MaxValue })
        {
            var input = ModelInput.FromDocuments(
                [.. documents.Select(document => document[begin..Math.Min(end, document.Length)])], cache: cache);
            var logits = model.Logits(model.Forward(input));
            for (var i = 0; i < documents.Length; i++)
                rows[i].Add(logits.narrow(0, input.Boundaries.Start(i), input.Boundaries.Length(i)));
            begin = end;
        }
        for (var i = 0; i < documents.Length; i++)
            golden.AssertEqual("logits", golden.Expected($"logits.{i}"), Tensor.cat([.. rows[i]]));
    }

    [Theory, MemberData(nameof(Causal))]
    public void Logits_TokenByTokenInABatchThatShrinks_EqualPyTorchs(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        using var noGradients = GradientMode.Disable();
        using var scope = new TensorScope();
        var open = Enumerable.Range(0, golden.Documents.Length).ToList();
        using var cache = model.CreateCache(open.Count, golden.Documents.Max(document => document.Length));
        for (var position = 0; open.Count > 0; position++)
        {
            var logits = model.Logits(model.Forward(ModelInput.FromDocuments(
                [.. open.Select(document => golden.Documents[document][position..(position + 1)])], cache: cache)));
            for (var row = open.Count - 1; row >= 0; row--)
            {
                golden.AssertEqual(
                    "logits", golden.Expected($"logits.{open[row]}").narrow(0, position, 1), logits.narrow(0, row, 1));
                if (position + 1 < golden.Documents[open[row]].Length)
                    continue;
                // As the cache does it: the last sequence takes the place of the one that ended.
                cache.Remove(row);
                open[row] = open[^1];
                open.RemoveAt(open.Count - 1);
            }
        }
    }

    [Theory, MemberData(nameof(Rotary))]
    public void Logits_AtShiftedPositions_AreTheSame(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        using var scope = new TensorScope();
        var input = ModelInput.FromDocuments(golden.Documents);
        // As a left-padded batch may have them: documents that begin at position 7.
        var shifted = input with
        {
            PositionIds = input.PositionIds + Tensor.full([], 7, Dtype.Int64),
            MaxPosition = input.MaxPosition + 7,
        };
        golden.AssertEqual("logits", golden.AllLogits(), model.Logits(model.Forward(shifted)));
    }

    [Theory, MemberData(nameof(All))]
    public void Logits_InBfloat16_AreWithinItsError(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load(Dtype.BFloat16);
        using var scope = new TensorScope();
        var logits = Logits(model, golden.Documents).to(Dtype.Float32);
        var expected = golden.AllLogits();
        // bf16 keeps 8 bits: about 0.4 % a rounding, of which a forward pass through three layers makes some thirty.
        var error = (logits - expected).norm().item() / expected.norm().item();
        Assert.True(error < 0.03, $"{error}");
    }

    [Theory, MemberData(nameof(All))]
    public void Save_AndLoad_GiveTheSameTensors(string name)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load();
        var folder = Directory.CreateTempSubdirectory("caravan-architecture-").FullName;
        ModelFolder.Save(model, folder);
        var warnings = new List<string>();
        using (var again = ModelFolder.Load(folder, new LoadOptions { Strict = true, Warn = warnings.Add }))
        {
            Assert.Equal(model.Parameters.Select(pair => pair.Key), again.Parameters.Select(pair => pair.Key));
            foreach (var ((_, expected), (_, found)) in model.Parameters.Zip(again.Parameters))
                Assert.True(expected.equal(found));
        }
        Assert.Empty(warnings);
        Directory.Delete(folder, recursive: true);
    }

    private static void AssertGradients(string name, int[][] batches)
    {
        using var golden = GoldenCases.Open(name);
        using var model = golden.Load(forTraining: true);
        model.RequireGradients();
        using var scope = new TensorScope();
        double loss = 0;
        foreach (var batch in batches)
        {
            var hidden = model.Forward(ModelInput.FromDocuments([.. batch.Select(i => golden.Documents[i])]));
            var targets = Tensor.tensor([.. batch.SelectMany(i => golden.Targets[i])]);
            var mean = LinearCrossEntropy.Sum(hidden, model.OutputWeight, targets) * (1.0 / golden.TargetTokens);
            mean.backward();
            loss += mean.item();
        }
        golden.AssertEqual("loss", golden.Expected("loss"), Tensor.full([], loss));
        var expected = golden.Names.Where(tensor => tensor.StartsWith("gradient.", StringComparison.Ordinal));
        Assert.Equal(expected.Order(), model.Parameters.Select(pair => $"gradient.{pair.Key}").Order());
        foreach (var (parameterName, parameter) in model.Parameters)
            golden.AssertEqual("gradient", golden.Expected($"gradient.{parameterName}"), parameter.Grad!);
    }

    private static Tensor Logits(LanguageModel model, params int[][] documents) =>
        model.Logits(model.Forward(ModelInput.FromDocuments(documents)));
}
