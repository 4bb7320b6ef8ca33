using System.Runtime.InteropServices;
using Caravan.Torch.Native;

namespace Caravan.Torch;

public sealed unsafe partial class Tensor
{
    private static readonly Operator Empty = new("aten::empty", "memory_format");
    private static readonly Operator Zeros = new("aten::zeros");
    private static readonly Operator Ones = new("aten::ones");
    private static readonly Operator Full = new("aten::full");
    private static readonly Operator Arange = new("aten::arange", "start_step");

    /// <summary>Uninitialised memory.</summary>
    public static Tensor empty(long[] shape, Dtype dtype = Dtype.Float32, Device device = default) =>
        Empty.Call(shape, dtype, Argument.None, device);

    public static Tensor zeros(long[] shape, Dtype dtype = Dtype.Float32, Device device = default) =>
        Zeros.Call(shape, dtype, Argument.None, device);

    public static Tensor ones(long[] shape, Dtype dtype = Dtype.Float32, Device device = default) =>
        Ones.Call(shape, dtype, Argument.None, device);

    public static Tensor full(long[] shape, double value, Dtype dtype = Dtype.Float32, Device device = default) =>
        Full.Call(shape, value, dtype, Argument.None, device);

    /// <summary>start, start + step, … up to but without <paramref name="end"/>.</summary>
    public static Tensor arange(
        double start, double end, double step = 1, Dtype dtype = Dtype.Int64, Device device = default) =>
        Arange.Call(start, end, step, dtype, Argument.None, device);

    /// <summary>Standard normal values from the given generator.</summary>
    public static Tensor randn(long[] shape, RandomGenerator generator, Dtype dtype = Dtype.Float32) =>
        empty(shape, dtype, generator.Device).normal_(0, 1, generator);

    /// <summary>A CPU tensor with a copy of the values.</summary>
    public static Tensor tensor<T>(ReadOnlySpan<T> values, params long[] shape) where T : unmanaged
    {
        var result = empty(shape.Length == 0 ? [values.Length] : shape, DtypeExtensions.Of<T>());
        values.CopyTo(result.Data<T>());
        return result;
    }

    /// <inheritdoc cref="tensor{T}(ReadOnlySpan{T}, long[])"/>
    public static Tensor tensor<T>(T[] values, params long[] shape) where T : unmanaged =>
        tensor(values.AsSpan(), shape);

    /// <summary>A CPU tensor over memory that somebody else owns (row-major), for example a memory-mapped file.
    /// <paramref name="owner"/> is kept alive until the last tensor over the memory is gone.</summary>
    public static Tensor from_blob(void* data, long[] shape, Dtype dtype, object owner)
    {
        var keepAlive = GCHandle.Alloc(owner);
        nint handle;
        int status;
        fixed (long* sizes = shape)
        {
            status = NativeMethods.cv_tensor_from_memory(
                data, sizes, shape.Length, (int)dtype, &ReleaseOwner, GCHandle.ToIntPtr(keepAlive), &handle);
        }
        NativeMethods.Check(status);
        return new Tensor(handle);
    }

    [UnmanagedCallersOnly]
    private static void ReleaseOwner(nint keepAlive) => GCHandle.FromIntPtr(keepAlive).Free();
}
