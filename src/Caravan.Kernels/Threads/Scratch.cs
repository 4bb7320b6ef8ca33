using Caravan.Torch;

namespace Caravan.Kernels.Threads;

/// <summary>Working memory of one thread, aligned to cache lines, kept from call to call and grown when needed.
/// </summary>
internal sealed unsafe class Scratch
{
    private const int Alignment = 64;

    [ThreadStatic] private static Scratch? s_current;

    private Tensor? _tensor;
    private float* _memory;
    private nint _capacity, _used;

    /// <summary>This thread's memory, all of it free, with room for so many floats in at most sixteen pieces.</summary>
    internal static Scratch Open(nint floats)
    {
        var scratch = s_current ??= new Scratch();
        floats += 16 * Alignment / sizeof(float);
        if (scratch._capacity < floats)
        {
            scratch._tensor?.Dispose();
            (scratch._tensor, scratch._capacity) = (null, 0);
            scratch._tensor = Tensor.empty([floats]).Owned();
            scratch._memory = (float*)scratch._tensor.DataPointer;
            scratch._capacity = floats;
        }
        scratch._used = 0;
        return scratch;
    }

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
}
