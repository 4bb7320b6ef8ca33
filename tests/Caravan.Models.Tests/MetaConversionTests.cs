using System.Runtime.InteropServices;
using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Tests;

/// <summary>
/// Meta's files converted to Hugging Face's and run here give the logits that Meta's own algorithm gives, written down
/// in <c>tests/golden/checkpoints/make.py</c> in double precision: rotary pairs side by side, as complex numbers.
/// </summary>
public sealed class MetaConversionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1), InlineData(2), InlineData(4)]
    public void Logits_OfMetasFilesInAnyNumber_EqualMetasAlgorithm(int ranks)
    {
        WeightConverter.Convert(Repository.Golden("checkpoints", $"meta{ranks}"), $"{_folder}/out", null, new());
        AssertLogits();
    }

    [Fact]
    public void Logits_OfEasyLmsFile_EqualMetasAlgorithm()
    {
        var easyLm = Repository.Golden("checkpoints", "easylm");
        WeightConverter.Convert($"{easyLm}/streaming_params", $"{_folder}/out", easyLm, new());
        AssertLogits();
    }

    private void AssertLogits()
    {
        using var golden = SafetensorsFile.Open(Repository.Golden("checkpoints", "meta-logits.safetensors"));
        var ids = MemoryMarshal.Cast<byte, long>(golden.Map("ids").Bytes).ToArray();
        var expected = MemoryMarshal.Cast<byte, float>(golden.Map("logits").Bytes);
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        using var model = ModelFolder.Load($"{_folder}/out", Dtype.Float32);
        var logits = model.Logits(model.Forward(ModelInput.FromDocuments([[.. ids.Select(id => (int)id)]])));
        var found = logits.Data<float>();
        Assert.Equal(expected.Length, found.Length);
        // Single precision through two layers of 32: 1e-4 absolute and relative.
        for (var i = 0; i < expected.Length; i++)
        {
            var tolerance = 1e-4f * (1 + MathF.Abs(expected[i]));
            Assert.InRange(found[i], expected[i] - tolerance, expected[i] + tolerance);
        }
    }
}
