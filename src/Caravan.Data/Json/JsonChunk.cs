using System.Buffers;

namespace Caravan.Data.Json;

/// <summary>
/// A run of whole records read together, the unit of work that is handed to another thread. Disposing returns its
/// memory, after which its records must not be read.
/// </summary>
public sealed class JsonChunk : IDisposable
{
    private byte[]? _buffer;

    internal JsonChunk(byte[] buffer, IReadOnlyList<RawRecord> records, long blankLines)
    {
        _buffer = buffer;
        Records = records;
        BlankLines = blankLines;
    }

    /// <summary>The records, in the file's order.</summary>
    public IReadOnlyList<RawRecord> Records { get; }

    /// <summary>Empty lines that were skipped in this run.</summary>
    public long BlankLines { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
