using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Stored tensors as tensors to compute with, and back.</summary>
internal static class TorchTensors
{
    /// <summary>A tensor over the mapped bytes, without a copy: it must not be written to. <paramref name="owner"/>
    /// holds the mapping and is kept alive with the tensor.</summary>
    internal static unsafe Tensor View(MappedTensor mapped, object owner)
    {
        long[] shape = [.. mapped.Info.Shape];
        var dtype = DtypeOf(mapped.Info);
        if (mapped.Info.ByteLength == 0)
            return Tensor.empty(shape, dtype);
        if (mapped.IsAligned)
            return Tensor.from_blob((void*)mapped.Pointer, shape, dtype, owner);
        var copy = Tensor.empty(shape, dtype);
        Buffer.MemoryCopy((void*)mapped.Pointer, copy.DataPointer, mapped.Info.ByteLength, mapped.Info.ByteLength);
        return copy;
    }

    /// <summary>The bytes of a contiguous CPU tensor under a name. The tensor must outlive the result.</summary>
    internal static unsafe WeightTensor Stored(string name, Tensor tensor) => WeightTensor.FromMemory(
        new TensorInfo(name, TypeOf(tensor.Dtype), [.. tensor.Shape]),
        tensor.Count == 0 ? 0 : (nint)tensor.DataPointer);

    internal static Dtype DtypeOf(TensorInfo info) => info.Type switch
    {
        WeightType.F64 => Dtype.Float64,
        WeightType.F32 => Dtype.Float32,
        WeightType.F16 => Dtype.Float16,
        WeightType.BF16 => Dtype.BFloat16,
        WeightType.I64 => Dtype.Int64,
        WeightType.I32 => Dtype.Int32,
        WeightType.I16 => Dtype.Int16,
        WeightType.I8 => Dtype.Int8,
        WeightType.U8 => Dtype.UInt8,
        WeightType.Bool => Dtype.Bool,
        _ => throw new Caravan.Files.BadInputException(
            $"Tensor {info} has a type that no model here computes with. Convert the weights to bf16 or fp32 first."),
    };

    internal static WeightType TypeOf(Dtype dtype) => dtype switch
    {
        Dtype.Float64 => WeightType.F64,
        Dtype.Float32 => WeightType.F32,
        Dtype.Float16 => WeightType.F16,
        Dtype.BFloat16 => WeightType.BF16,
        Dtype.Int64 => WeightType.I64,
        Dtype.Int32 => WeightType.I32,
        Dtype.Int16 => WeightType.I16,
        Dtype.Int8 => WeightType.I8,
        Dtype.UInt8 => WeightType.U8,
        Dtype.Bool => WeightType.Bool,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype)),
    };
}
