using System.Buffers.Binary;
using Caravan.Data.Layouts;

namespace Caravan.Data.Parquet;

/// <summary>
/// Writes Parquet files of texts and lists of objects of texts, as pyarrow and others read them: plain encoding,
/// Snappy. Disposing writes the footer; the stream stays open.
/// </summary>
internal sealed class ParquetWriter : IDisposable
{
    private const int UsualRowGroup = 32 << 20;
    private const int Utf8 = 0;
    private const int ListType = 3;

    private readonly Stream _stream;
    private readonly IReadOnlyList<LayoutColumn> _columns;
    private readonly int _rowGroupBytes;
    private readonly List<ColumnBuffer> _buffers = [];
    private readonly List<(long Rows, List<Chunk> Chunks)> _groups = [];
    private long _position;
    private long _rows;

    /// <param name="rowGroupBytes">The size, before compression, from which a row group ends.</param>
    public ParquetWriter(Stream stream, IReadOnlyList<LayoutColumn> columns, int rowGroupBytes = UsualRowGroup)
    {
        (_stream, _columns, _rowGroupBytes) = (stream, columns, rowGroupBytes);
        foreach (var column in columns)
        {
            if (column.Fields is null)
                _buffers.Add(new ColumnBuffer([column.Name], inList: false));
            foreach (var field in column.Fields ?? [])
                _buffers.Add(new ColumnBuffer([column.Name, "list", "element", field], inList: true));
        }
        Write("PAR1"u8);
    }

    /// <summary>Adds a row.</summary>
    public void Add(IReadOnlyList<LayoutValue> row)
    {
        var buffer = 0;
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_columns[i].Fields is not { } fields)
            {
                _buffers[buffer++].Add(row[i].Text!);
                continue;
            }
            for (var field = 0; field < fields.Count; field++)
            {
                var target = _buffers[buffer++];
                var items = row[i].Items!;
                if (items.Count == 0)
                    target.AddEmpty();
                for (var item = 0; item < items.Count; item++)
                    target.Add(items[item][field], goesOn: item > 0);
            }
        }
        _rows++;
        foreach (var column in _buffers)
            column.EndRow();
        if (_buffers.Sum(buffer => buffer.Bytes) >= _rowGroupBytes)
            EndRowGroup();
    }

    /// <summary>Writes what is left and the footer.</summary>
    public void Dispose()
    {
        if (_rows > 0)
            EndRowGroup();
        var footer = Footer().Written;
        Write(footer);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        Write(length);
        Write("PAR1"u8);
    }

    private void EndRowGroup()
    {
        var chunks = new List<Chunk>();
        foreach (var buffer in _buffers)
        {
            var (pages, entries, uncompressed) = buffer.Take();
            chunks.Add(new Chunk(buffer.Path, entries, _position, uncompressed, pages.Length));
            Write(pages);
        }
        _groups.Add((_rows, chunks));
        _rows = 0;
    }

    private ThriftWriter Footer()
    {
        var footer = new ThriftWriter().Begin().Int32(1, 2);
        Schema(footer);
        footer.Int64(3, _groups.Sum(group => group.Rows)).List(4, ThriftReader.Kind.Struct, _groups.Count);
        foreach (var (rows, chunks) in _groups)
        {
            footer.Begin().List(1, ThriftReader.Kind.Struct, chunks.Count);
            foreach (var chunk in chunks)
                Describe(footer, chunk);
            footer.Int64(2, chunks.Sum(chunk => chunk.Uncompressed)).Int64(3, rows).End();
        }
        return footer.Text(6, "caravan").End();
    }

    private void Schema(ThriftWriter footer)
    {
        footer.List(2, ThriftReader.Kind.Struct, 1 + _columns.Sum(column => column.Fields is { } f ? 3 + f.Count : 1));
        footer.Begin().Text(4, "schema").Int32(5, _columns.Count).End();
        foreach (var column in _columns)
        {
            if (column.Fields is not { } fields)
            {
                Leaf(footer, column.Name);
                continue;
            }
            footer.Begin().Int32(3, (int)Repetition.Required).Text(4, column.Name).Int32(5, 1).Int32(6, ListType).End();
            footer.Begin().Int32(3, (int)Repetition.Repeated).Text(4, "list").Int32(5, 1).End();
            footer.Begin().Int32(3, (int)Repetition.Required).Text(4, "element").Int32(5, fields.Count).End();
            foreach (var field in fields)
                Leaf(footer, field);
        }
    }

    private static void Leaf(ThriftWriter footer, string name) => footer.Begin()
        .Int32(1, (int)PhysicalType.ByteArray).Int32(3, (int)Repetition.Required).Text(4, name).Int32(6, Utf8).End();

    private static void Describe(ThriftWriter footer, Chunk chunk)
    {
        footer.Begin().Int64(2, chunk.Offset).Begin(3)
            .Int32(1, (int)PhysicalType.ByteArray)
            .List(2, ThriftReader.Kind.Int32, 2).Integer((int)ParquetEncoding.Plain).Integer((int)ParquetEncoding.Rle)
            .List(3, ThriftReader.Kind.Binary, chunk.Path.Count);
        foreach (var field in chunk.Path)
            footer.Text(field);
        footer.Int32(4, (int)CompressionCodec.Snappy).Int64(5, chunk.Entries).Int64(6, chunk.Uncompressed)
            .Int64(7, chunk.Compressed).Int64(9, chunk.Offset).End().End();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }

    private sealed record Chunk(
        IReadOnlyList<string> Path, int Entries, long Offset, long Uncompressed, long Compressed);
}
