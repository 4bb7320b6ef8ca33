namespace Caravan.Checkpoints.Tests;

/// <summary>Comparisons of whole models.</summary>
internal static class Weights
{
    /// <summary>Asserts that two models have the same tensors to the last bit.</summary>
    public static void AssertEqual(string expectedPath, string actualPath)
    {
        using var expected = ModelWeights.Open(expectedPath);
        using var actual = ModelWeights.Open(actualPath);
        Assert.Equal(
            expected.Tensors.Select(info => info.ToString()).Order(),
            actual.Tensors.Select(info => info.ToString()).Order());
        foreach (var info in expected.Tensors)
            Assert.True(expected[info.Name].ReadAll().AsSpan().SequenceEqual(actual[info.Name].ReadAll()), info.Name);
    }

    /// <summary>Writes a model folder of the given tensors.</summary>
    public static string Model(string folder, params WeightTensor[] tensors)
    {
        ModelWriter.Write(folder, tensors);
        ModelConfigFile.Create("llama", "LlamaForCausalLM").Write(folder);
        return folder;
    }

    public static float[] Read(string model, string name)
    {
        using var weights = ModelWeights.Open(model);
        using var buffer = FloatBuffer.Read(weights[name], 0, (int)weights[name].Info.ElementCount);
        return buffer.Span.ToArray();
    }
}
