using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>
/// An n-dimensional array of one element type on one device: one reference to a libtorch tensor. It is freed by
/// <see cref="Dispose"/> or by the <see cref="TensorScope"/> it was made in; a finalizer frees what was forgotten.
/// Operators keep PyTorch's names and semantics.
/// </summary>
public sealed unsafe partial class Tensor : IDisposable
{
    private static long s_liveCount;

    private nint _handle;
    private TensorFacts? _facts;

    /// <summary>Takes over one reference to a libtorch tensor.</summary>
    internal Tensor(nint handle)
    {
        _handle = handle;
        Interlocked.Increment(ref s_liveCount);
        Scope = TensorScope.Register(this);
    }

    ~Tensor() => Release();

    /// <summary>Tensor objects that have not been freed; flat over training steps unless something leaks.</summary>
    public static long LiveCount => Interlocked.Read(ref s_liveCount);

    /// <summary>Extents by axis; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => Facts.Shape;

    /// <summary>Distance in elements between neighbours along each axis.</summary>
    public IReadOnlyList<long> Strides => Facts.Strides;

    public Dtype Dtype => Facts.Dtype;

    public Device Device => Facts.Device;

    /// <summary>Number of elements.</summary>
    public long Count => Facts.Count;

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => Facts.IsContiguous;

    /// <summary>Whether backward passes compute a gradient for this tensor.</summary>
    public bool RequiresGrad
    {
        get
        {
            TensorDescription description;
            NativeMethods.Check(NativeMethods.cv_tensor_describe(Handle, &description));
            GC.KeepAlive(this);
            return description.RequiresGrad != 0;
        }
        set
        {
            NativeMethods.Check(NativeMethods.cv_tensor_set_requires_grad(Handle, value ? 1 : 0));
            GC.KeepAlive(this);
        }
    }

    internal TensorScope? Scope { get; set; }

    internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Tensor));

    private TensorFacts Facts
    {
        get
        {
            if (_facts is null)
            {
                TensorDescription description;
                NativeMethods.Check(NativeMethods.cv_tensor_describe(Handle, &description));
                _facts = new TensorFacts(description);
                GC.KeepAlive(this);
            }
            return _facts;
        }
    }

    /// <summary>The extent of one axis; negative axes count from the end.</summary>
    public long Size(int axis) => Facts.Shape[axis < 0 ? axis + Facts.Shape.Length : axis];

    /// <summary>Takes the tensor out of the scope it was made in: its owner disposes it.</summary>
    public Tensor Owned()
    {
        Scope = null;
        return this;
    }

    /// <summary>The elements of a contiguous CPU tensor, without a copy. Valid while the tensor lives. bf16 elements
    /// are read as their raw bits, in <see cref="ushort"/>.</summary>
    /// <exception cref="InvalidOperationException">Not on the CPU, not contiguous, another element type, or more than
    /// 2³¹ elements (use <see cref="DataPointer"/>).</exception>
    public Span<T> Data<T>() where T : unmanaged
    {
        if (DtypeExtensions.Of<T>() != Dtype)
            throw new InvalidOperationException($"a tensor of {Dtype} cannot be read as {typeof(T).Name}");
        if (Count > int.MaxValue)
            throw new InvalidOperationException($"a span cannot hold {Count} elements");
        return new Span<T>(DataPointer, (int)Count);
    }

    /// <summary>The address of the first element of a contiguous CPU tensor. Valid while the tensor lives.</summary>
    public void* DataPointer
    {
        get
        {
            if (!Device.IsCpu || !IsContiguous)
                throw new InvalidOperationException(
                    $"the elements of {this} cannot be reached: copy it to a contiguous tensor on the CPU first");
            return Facts.Data;
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    public override string ToString() =>
        _handle == 0 ? "tensor (freed)" : $"tensor [{string.Join(", ", Shape)}] {Dtype} on {Device}";

    private void Release()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            NativeMethods.cv_tensor_release(handle);
            Interlocked.Decrement(ref s_liveCount);
        }
    }

    /// <summary>What never changes in a tensor's life here: no operator of this binding resizes or retypes in place.
    /// </summary>
    private sealed class TensorFacts(TensorDescription description)
    {
        internal long[] Shape { get; } = new ReadOnlySpan<long>(description.Sizes, description.Dim).ToArray();
        internal long[] Strides { get; } = new ReadOnlySpan<long>(description.Strides, description.Dim).ToArray();
        internal Dtype Dtype { get; } = (Dtype)description.Dtype;
        internal Device Device { get; } = Device.FromCode(description.Device);
        internal long Count { get; } = description.ElementCount;
        internal bool IsContiguous { get; } = description.IsContiguous != 0;
        internal void* Data { get; } = description.Data;
    }
}
