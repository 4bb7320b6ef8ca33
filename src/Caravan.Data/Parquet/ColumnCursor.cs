using Microsoft.Win32.SafeHandles;

namespace Caravan.Data.Parquet;

/// <summary>
/// Walks through one column of one row group, entry by entry, with a page in memory at a time. An entry is a value, or
/// the absence of one at some level.
/// </summary>
internal sealed class ColumnCursor(SafeFileHandle file, long fileLength, SchemaNode column, ColumnChunk chunk)
{
    private const int HeaderBytes = 1 << 16;
    private const int MostValuesOfAPage = 1 << 24;

    private long _offset = chunk.Offset;
    private long _left = chunk.Values;
    private ColumnValues? _dictionary;
    private ColumnValues? _values;
    private int[]? _indices;
    private int[] _definitions = [];
    private int[] _repetitions = [];
    private int _entry = -1;
    private int _entries;
    private int _value = -1;

    /// <summary>True while there is a current entry; false after the last.</summary>
    public bool HasEntry => _entry >= 0 && _entry < _entries;

    /// <summary>How many of the optional and repeated fields down to the value are there.</summary>
    public int Definition => column.Definition == 0 ? 0 : _definitions[_entry];

    /// <summary>Which repeated field this entry goes on with; 0 begins a row.</summary>
    public int Repetition => column.RepetitionLevel == 0 ? 0 : _repetitions[_entry];

    public SchemaNode Column => column;

    public bool HasValue => Definition == Column.Definition;

    public long Integer => _values!.Integers![Index];

    public double Real => _values!.Reals![Index];

    public ReadOnlySpan<byte> Bytes => _values!.Bytes(Index);

    public bool IsInteger => _values!.Integers is not null;

    public bool IsReal => _values!.Reals is not null;

    private int Index => _indices is null ? _value : _indices[_value];

    /// <summary>Goes to the next entry.</summary>
    public void Advance()
    {
        _entry++;
        while (_entry >= _entries && _left > 0)
            ReadPage();
        if (_entry < _entries && HasValue)
            _value++;
    }

    private void ReadPage()
    {
        var header = ReadHeader(out var headerBytes);
        var page = Read(_offset + headerBytes, header.Compressed);
        _offset += headerBytes + header.Compressed;
        if (header.Checksum is { } checksum)
            PageData.Verify(page, checksum);
        if (header.IsDictionary)
        {
            if (_dictionary is not null)
                throw new InvalidDataException("a second dictionary");
            if (header.Values > MostValuesOfAPage)
                throw new InvalidDataException($"a dictionary states {header.Values} values");
            var data = PageData.Decompress(page, header.Uncompressed, chunk.Codec);
            _dictionary = ColumnValues.Decode(data, 0, header.Values, ParquetEncoding.Plain, Column);
        }
        else if (header.IsData)
            ReadData(header, page);
    }

    private PageHeader ReadHeader(out int bytes)
    {
        var end = Math.Min(fileLength, chunk.Offset + chunk.Bytes);
        if (_offset >= end)
            throw new InvalidDataException($"the column's pages end {_left} values too early");
        var reader = new ThriftReader(Read(_offset, (int)Math.Min(HeaderBytes, end - _offset)));
        var header = PageHeader.Read(ref reader);
        bytes = reader.Position;
        return header;
    }

    private byte[] Read(long offset, int length)
    {
        if (offset + length > fileLength)
            throw new InvalidDataException("a page reaches beyond the end of the file");
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        for (var read = 0; read < length;)
        {
            var more = RandomAccess.Read(file, bytes.AsSpan(read), offset + read);
            read += more > 0 ? more : throw new InvalidDataException("the file became shorter while it was read");
        }
        return bytes;
    }

    private void ReadData(PageHeader header, byte[] page)
    {
        if (header.Values > _left || header.Values > MostValuesOfAPage)
            throw new InvalidDataException($"a page states {header.Values} values, of {_left} that are left");
        _left -= header.Values;
        (_entry, _entries, _value) = (0, header.Values, -1);
        // The value's index is counted up by the entry that has it, so the caller's step to entry 0 is done here.
        _definitions = new int[Column.Definition == 0 ? 0 : _entries];
        _repetitions = new int[Column.RepetitionLevel == 0 ? 0 : _entries];
        var start = 0;
        if (header.IsVersion2)
        {
            var levels = header.DefinitionBytes + (long)header.RepetitionBytes;
            if (levels > page.Length || levels > header.Uncompressed)
                throw new InvalidDataException("a page's levels are longer than the page");
            Levels(page.AsSpan(0, header.RepetitionBytes), Column.RepetitionLevel, _repetitions);
            Levels(page.AsSpan(header.RepetitionBytes, header.DefinitionBytes), Column.Definition, _definitions);
            var codec = header.IsCompressed ? chunk.Codec : CompressionCodec.None;
            page = PageData.Decompress(page.AsSpan((int)levels), header.Uncompressed - (int)levels, codec);
        }
        else
        {
            page = PageData.Decompress(page, header.Uncompressed, chunk.Codec);
            start = PrefixedLevels(page, start, header.RepetitionEncoding, Column.RepetitionLevel, _repetitions);
            start = PrefixedLevels(page, start, header.DefinitionEncoding, Column.Definition, _definitions);
        }
        var count = Column.Definition == 0 ? _entries : _definitions.AsSpan().Count(Column.Definition);
        if (header.Encoding is ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary)
            ReadIndices(page.AsSpan(start), count);
        else
        {
            _indices = null;
            _values = ColumnValues.Decode(page, start, count, header.Encoding, Column);
        }
    }

    private void ReadIndices(ReadOnlySpan<byte> input, int count)
    {
        _values = _dictionary ?? throw new InvalidDataException("indices without a dictionary");
        _indices = new int[count];
        if (count == 0)
            return;
        if (input.IsEmpty)
            throw new InvalidDataException("indices end too early");
        HybridDecoder.Decode(input[1..], input[0], _indices);
        foreach (var index in _indices)
        {
            if ((uint)index >= (uint)_values.Count)
                throw new InvalidDataException($"index {index} into a dictionary of {_values.Count} values");
        }
    }

    // Version 1: the levels are in the compressed page, with their length before them, or, long ago, packed.
    private static int PrefixedLevels(byte[] page, int start, ParquetEncoding encoding, int highest, int[] levels)
    {
        if (highest == 0)
            return start;
        var input = page.AsSpan(start);
        if (encoding == ParquetEncoding.BitPacked)
            throw new InvalidDataException("levels are packed in a way that was given up in 2014");
        if (input.Length < 4)
            throw new InvalidDataException("levels end too early");
        var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(input);
        if (length < 0 || length > input.Length - 4)
            throw new InvalidDataException("levels are longer than the page");
        Levels(input.Slice(4, length), highest, levels);
        return start + 4 + length;
    }

    private static void Levels(ReadOnlySpan<byte> input, int highest, int[] levels)
    {
        if (highest == 0)
            return;
        HybridDecoder.Decode(input, Width(highest), levels);
        foreach (var level in levels)
        {
            if ((uint)level > (uint)highest)
                throw new InvalidDataException($"level {level} where {highest} is the highest");
        }
    }

    private static int Width(int highest) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)highest);
}
