using System.Buffers.Binary;
using Caravan.Data.Json;
using Caravan.Data.Tables;
using Caravan.Files;
using Microsoft.Win32.SafeHandles;

namespace Caravan.Data.Parquet;

/// <summary>
/// Reads Parquet files (format version 2) as records: plain, dictionary, run-length, delta and byte-split encodings,
/// pages of versions 1 and 2, Snappy, gzip, Zstandard and Brotli, nested lists and structs. Damaged files give an error
/// that names row group and column; they cannot make the reader crash, hang or take memory out of proportion.
/// </summary>
public sealed class ParquetFile : IDisposable
{
    private const int LargestFooter = 256 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly ParquetMetadata _metadata;

    private ParquetFile(string path, SafeFileHandle handle)
    {
        (Path, _handle) = (path, handle);
        _length = RandomAccess.GetLength(handle);
        _metadata = ParquetMetadata.Parse(Footer());
    }

    public string Path { get; }

    /// <summary>Rows of all row groups.</summary>
    public long Rows => _metadata.RowGroups.Sum(group => group.Rows);

    /// <summary>The number of row groups, which can be read independently, on several threads too.</summary>
    public int RowGroups => _metadata.RowGroups.Count;

    /// <summary>The columns at the top of the schema.</summary>
    public IReadOnlyList<string> Columns => [.. _metadata.Schema.Children.Select(child => child.Name)];

    /// <summary>Opens a file and reads its footer.</summary>
    /// <exception cref="BadInputException">
    /// It is missing, or is not a Parquet file, or its footer is damaged.
    /// </exception>
    public static ParquetFile Open(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file. Expected a Parquet file.");
        var handle = File.OpenHandle(path);
        try
        {
            return new ParquetFile(path, handle);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            handle.Dispose();
            throw new BadInputException($"{path}: not a readable Parquet file: {exception.Message}.", exception);
        }
    }

    /// <summary>The rows of one row group as JSON objects, in runs that the caller disposes.</summary>
    /// <exception cref="BadInputException">The row group is damaged.</exception>
    public IEnumerable<JsonChunk> ReadChunks(int rowGroup)
    {
        var group = _metadata.RowGroups[rowGroup];
        var row = 0L;
        using var chunk = new TableChunk();
        var cursors = Guarded(rowGroup, row, () => Cursors(group));
        var assembler = new RowAssembler(_metadata.Schema, cursors);
        for (; row < group.Rows; row++)
        {
            Guarded(rowGroup, row, () =>
            {
                chunk.Add(new RecordOrigin(Path, row, RowGroup: rowGroup), assembler.Write);
                return true;
            });
            if (chunk.IsFull)
                yield return chunk.Take();
        }
        if (!chunk.IsEmpty)
            yield return chunk.Take();
    }

    /// <summary>
    /// The texts (or byte strings) of one column of a row group, without copying them; null where there is none. For
    /// reading a column alone at full speed.
    /// </summary>
    public void ReadColumn(int rowGroup, string column, ParquetBytes each)
    {
        var leaf = _metadata.Leaves.FirstOrDefault(leaf => leaf.Name == column && leaf.RepetitionLevel == 0)
            ?? throw new BadInputException($"{Path}: there is no flat column \"{column}\".");
        Guarded(rowGroup, 0, () =>
        {
            var cursor = new ColumnCursor(_handle, _length, leaf, _metadata.RowGroups[rowGroup].Columns[leaf.Column]);
            for (cursor.Advance(); cursor.HasEntry; cursor.Advance())
                each(cursor.HasValue ? cursor.Bytes : default, cursor.HasValue);
            return true;
        });
    }

    public void Dispose() => _handle.Dispose();

    private ColumnCursor[] Cursors(RowGroup group)
    {
        ColumnCursor[] cursors =
            [.. _metadata.Leaves.Select(leaf => new ColumnCursor(_handle, _length, leaf, Column(group, leaf)))];
        foreach (var cursor in cursors)
            cursor.Advance();
        return cursors;
    }

    private static ColumnChunk Column(RowGroup group, SchemaNode leaf) => group.Columns[leaf.Column].Type == leaf.Type
        ? group.Columns[leaf.Column]
        : throw new InvalidDataException($"column \"{leaf.Name}\" is of another type than the schema says");

    private byte[] Footer()
    {
        Span<byte> tail = stackalloc byte[8];
        Span<byte> head = stackalloc byte[4];
        if (_length < 12 || RandomAccess.Read(_handle, head, 0) != 4 ||
            RandomAccess.Read(_handle, tail, _length - 8) != 8 ||
            !head.SequenceEqual("PAR1"u8) || !tail[4..].SequenceEqual("PAR1"u8))
        {
            throw new InvalidDataException("it does not begin and end with PAR1; it may be truncated");
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length < 0 || length > _length - 12 || length > LargestFooter)
            throw new InvalidDataException($"its footer states {length} bytes");
        var footer = new byte[length];
        for (var read = 0; read < length;)
        {
            var more = RandomAccess.Read(_handle, footer.AsSpan(read), _length - 8 - length + read);
            read += more > 0 ? more : throw new InvalidDataException("it became shorter while it was read");
        }
        return footer;
    }

    private T Guarded<T>(int rowGroup, long row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new BadInputException(
                $"{Path}: row group {rowGroup}, row {row}: {exception.Message.TrimEnd('.')}. The file is damaged, or " +
                "has a feature that is not supported.", exception);
        }
    }

    // Damage is found by the decoders' own checks; what a span or an array refuses is damage as well.
    private static bool IsDamage(Exception exception) => exception
        is InvalidDataException or IndexOutOfRangeException or ArgumentException or OverflowException
        or NullReferenceException;
}
