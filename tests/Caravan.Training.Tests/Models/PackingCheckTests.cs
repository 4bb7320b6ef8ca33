using Caravan.Data;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Torch;
using Caravan.Training.Models;

namespace Caravan.Training.Tests.Models;

public sealed class PackingCheckTests : IDisposable
{
    private static readonly int[][] Documents = [[5, 9, 7, 30, 12], [8, 9, 40, 41, 17, 3], [60, 61]];

    private readonly TinyRun _tiny = new();

    public PackingCheckTests() => TinyRun.Run(_tiny.Config("trained"));

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(Dtype.Float32), InlineData(Dtype.BFloat16)]
    public void RecordsThatDoNotSeeEachOther_Pass(Dtype dtype)
    {
        using var model = Load(dtype);
        model.Dropout = new DropoutStream(1);
        var dropout = model.Dropout;
        PackingCheck.Require(model, TokenBatch.Of([.. Documents.Select(Example)]));
        Assert.Same(dropout, model.Dropout);
        Assert.Equal(0, dropout.Passes);
    }

    [Fact]
    public void RecordThatSeesTheOneBefore_IsFound()
    {
        using var model = Load(Dtype.Float32);
        using var scope = new TensorScope();
        var packed = ModelInput.FromDocuments(Documents);
        var leaking = packed with { Boundaries = new SequenceBoundaries([0, 5, 13]) };
        var error = Assert.Throws<BadInputException>(() => PackingCheck.Compare(model, leaking, Documents));
        Assert.StartsWith("the check of packing failed", error.Message);
    }

    private LanguageModel Load(Dtype dtype)
    {
        var model = ModelFolder.Load(_tiny.Path("trained"), dtype, forTraining: true);
        model.RequireGradients();
        return model;
    }

    private static TrainingExample Example(int[] ids) => new("tiny", "tiny", ids, ids, 1, Truncated: false);
}
