using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Caravan.Data.Json;

namespace Caravan.Data.Tables;

/// <summary>Collects table rows as JSON objects, so that converters read tables and JSON files alike.</summary>
internal sealed class TableChunk : IDisposable
{
    private const int FullAt = 1 << 20;

    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 16);
    private readonly List<(int Start, int End, RecordOrigin Origin)> _rows = [];
    private readonly Utf8JsonWriter _writer;
    private long _index;

    public TableChunk() => _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public bool IsEmpty => _rows.Count == 0;

    public bool IsFull => _buffer.WrittenCount >= FullAt;

    /// <summary>Adds a row, written by <paramref name="write"/> as one JSON object.</summary>
    public void Add(RecordOrigin origin, Action<Utf8JsonWriter> write)
    {
        var start = _buffer.WrittenCount;
        _writer.Reset();
        write(_writer);
        _writer.Flush();
        _rows.Add((start, _buffer.WrittenCount, origin));
    }

    /// <summary>The rows so far, as a run of records; the collection starts anew.</summary>
    public JsonChunk Take()
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, _buffer.WrittenCount));
        _buffer.WrittenSpan.CopyTo(bytes);
        var records = new List<RawRecord>(_rows.Count);
        foreach (var (start, end, origin) in _rows)
            records.Add(new RawRecord(bytes.AsMemory(start, end - start), origin, _index++, start));
        _buffer.ResetWrittenCount();
        _rows.Clear();
        return new JsonChunk(bytes, records, 0);
    }

    public void Dispose() => _writer.Dispose();
}
