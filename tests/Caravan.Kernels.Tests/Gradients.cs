using Caravan.Torch;

namespace Caravan.Kernels.Tests;

/// <summary>Runs an operation forward and backward and compares what comes out with a reference.</summary>
internal static class Gradients
{
    /// <summary>The output and the gradient of each input, in fp32, from a random gradient of the output that bf16
    /// can hold.</summary>
    internal static Tensor[] Of(Func<Tensor[], Tensor> operation, params Tensor[] inputs)
    {
        Tensor[] leaves = [.. inputs.Select(input => input.detach().clone())];
        foreach (var leaf in leaves)
            leaf.RequiresGrad = true;
        var output = operation(leaves);
        using var generator = new RandomGenerator(99);
        var gradient = Tensor.randn([.. output.Shape], generator).to(Dtype.BFloat16).to(output.Dtype);
        output.backward(gradient);
        return [output.detach().to(Dtype.Float32), .. leaves.Select(leaf => leaf.Grad!.to(Dtype.Float32))];
    }

    /// <summary>Asserts that no element differs by more than <paramref name="tolerance"/> of the greatest. Where all
    /// are small, they are differences of numbers around 1 and no more exact than those.</summary>
    internal static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Shape, actual.Shape);
        if (expected.Count == 0)
            return;
        var (e, a) = (expected.to(Dtype.Float32), actual.to(Dtype.Float32));
        var error = e.sub(a).abs().max().item();
        var size = Math.Max(e.abs().max().item(), 0.1);
        Assert.True(error <= tolerance * size, $"{what}: differs by {error} where the greatest value is {size}");
    }

    internal static void AssertAllClose(Tensor[] expected, Tensor[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            AssertClose(expected[i], actual[i], tolerance, i == 0 ? "output" : $"gradient of input {i - 1}");
    }

    internal static void AssertSame(Tensor[] expected, Tensor[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i].equal(actual[i]), i == 0 ? "output" : $"gradient of input {i - 1}");
    }
}
