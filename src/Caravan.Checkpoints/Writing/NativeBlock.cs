using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>Memory of any size outside the collector's reach, so that a large tensor's goes back at once.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private void* _memory;

    public NativeBlock(long length) => _memory = NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), 64);

    /// <summary>What a run that failed did not dispose.</summary>
    ~NativeBlock() => Dispose();

    public nint Pointer => (nint)_memory;

    public Span<byte> Slice(long offset, int length) => new((byte*)_memory + offset, length);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }
}
