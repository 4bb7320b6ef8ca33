using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Kernels.Tests.Quantization;

/// <summary>The tensors of one golden file of <c>tests/golden/nf4</c>.</summary>
internal sealed class GoldenTensors(string file) : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(Repository.Golden("nf4", file));

    internal Tensor this[string name]
    {
        get
        {
            var stored = _file[name];
            var bytes = stored.ReadAll();
            long[] shape = [.. stored.Info.Shape];
            return stored.Info.Type == WeightType.U8
                ? Tensor.tensor(bytes, shape)
                : Tensor.tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes), shape);
        }
    }

    public void Dispose() => _file.Dispose();
}
