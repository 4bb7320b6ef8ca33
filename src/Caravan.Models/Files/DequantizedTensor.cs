using Caravan.Checkpoints;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>A linear layer's quantised weight as numbers, which are in memory only while they are written.</summary>
internal sealed class DequantizedTensor(Linear linear, Dtype dtype) : WeightTensor(
    new TensorInfo(
        $"{linear.Name}.weight", TorchTensors.TypeOf(dtype),
        linear.IsTransposed ? [linear.Inputs, linear.Outputs] : [linear.Outputs, linear.Inputs]))
{
    private readonly Lock _lock = new();
    private Tensor? _numbers;

    public override unsafe void Read(long offset, Span<byte> destination)
    {
        // Pieces are read on several threads, the first of which dequantises.
        lock (_lock)
            _numbers ??= Dequantize();
        new ReadOnlySpan<byte>((byte*)_numbers.DataPointer + offset, destination.Length).CopyTo(destination);
    }

    public override void Release()
    {
        _numbers?.Dispose();
        _numbers = null;
    }

    private Tensor Dequantize()
    {
        using var scope = new TensorScope();
        var numbers = linear.Numbers(dtype).to(Device.Cpu);
        return scope.Keep(linear.IsTransposed ? numbers.t().contiguous() : numbers).Owned();
    }
}
