using Caravan.Torch;

namespace Caravan.Kernels.Threads;

/// <summary>Working memory of one thread, aligned to cache lines, kept from call to call and grown when needed.
/// </summary>
internal sealed unsafe class Scratch
{
    private const int Alignment = 64;

    [ThreadStatic] private static Scratch? s_current;
    [ThreadStatic] private static Scratch? s_shared;

    private Tensor? _tensor;
    private float* _memory;
    private nint _capacity, _used;

    /// <summary>This thread's memory, all of it free, with room for so many floats in at most sixteen pieces.</summary>
    internal static Scratch Open(nint floats) => (s_current ??= new Scratch()).WithRoom(floats);

    /// <summary>Memory of the calling thread for what all items of a kernel share: it stays when the items open theirs.
    /// </summary>
    internal static Scratch OpenShared(nint floats) => (s_shared ??= new Scratch()).WithRoom(floats);

    /// <summary>The next piece, uninitialised.</summary>
    internal float* Take(nint floats)
    {
        var piece = _memory + _used;
        // Rounded up to whole cache lines.
        _used += (floats + 15) & ~(nint)15;
        if (_used > _capacity)
            throw new InvalidOperationException("more scratch memory taken than asked for");
        return piece;
    }

    private Scratch WithRoom(nint floats)
    {
        floats += 16 * Alignment / sizeof(float);
        if (_capacity < floats)
        {
            _tensor?.Dispose();
            (_tensor, _capacity) = (null, 0);
            _tensor = Tensor.empty([floats]).Owned();
            _memory = (float*)_tensor.DataPointer;
            _capacity = floats;
        }
        _used = 0;
        return this;
    }
}
