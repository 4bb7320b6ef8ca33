using System.Runtime.InteropServices;

namespace Caravan.Checkpoints.Tests;

/// <summary>Tensors made in memory.</summary>
internal static class Tensors
{
    /// <summary>Bytes that depend on the seed only.</summary>
    public static WeightTensor Random(string name, WeightType type, long[] shape, int seed = 1)
    {
        var info = new TensorInfo(name, type, shape);
        var bytes = new byte[info.ByteLength];
        new Random(seed ^ name.Length).NextBytes(bytes);
        return WeightTensor.FromMemory(info, bytes);
    }

    public static WeightTensor Of(string name, long[] shape, params float[] values) => WeightTensor.FromMemory(
        new TensorInfo(name, WeightType.F32, shape), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
