using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Caravan.Data.Parquet;

/// <summary>
/// The texts of one column that will be written as a row group's pages, with their levels if they are in a list. A page
/// has about a megabyte, so that a reader's processor holds it in its cache.
/// </summary>
internal sealed class ColumnBuffer(IReadOnlyList<string> path, bool inList)
{
    private const int PageBytes = 1 << 20;

    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly ArrayBufferWriter<byte> _pages = new();
    private readonly List<bool> _repetitions = [];
    private readonly List<bool> _definitions = [];
    private int _count;
    private int _entries;
    private long _uncompressed;

    /// <summary>The column's fields from the schema's root down.</summary>
    public IReadOnlyList<string> Path => path;

    /// <summary>Bytes of text so far.</summary>
    public long Bytes => _uncompressed + _values.WrittenCount;

    /// <summary>Adds a text; <paramref name="goesOn"/> if it belongs to the list of the one before.</summary>
    public void Add(string text, bool goesOn = false)
    {
        var room = _values.GetSpan(4 + Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, room[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(room, length);
        _values.Advance(4 + length);
        Enter(goesOn, defined: true);
    }

    /// <summary>Adds a list of nothing.</summary>
    public void AddEmpty() => Enter(goesOn: false, defined: false);

    /// <summary>Ends a row, and with it a page that is full.</summary>
    public void EndRow()
    {
        if (_values.WrittenCount >= PageBytes)
            EndPage();
    }

    /// <summary>The column's pages, its entries and their size before compression; the buffer is then empty.</summary>
    public (byte[] Pages, int Entries, long Uncompressed) Take()
    {
        if (_count > 0)
            EndPage();
        var column = (_pages.WrittenSpan.ToArray(), _entries, _uncompressed);
        _pages.ResetWrittenCount();
        (_entries, _uncompressed) = (0, 0);
        return column;
    }

    private void EndPage()
    {
        using var page = new MemoryStream();
        if (inList)
        {
            WriteLevels(page, _repetitions);
            WriteLevels(page, _definitions);
        }
        page.Write(_values.WrittenSpan);
        var compressed = Snappy.Compress(page.GetBuffer().AsSpan(0, (int)page.Length));
        var header = new ThriftWriter().Begin()
            .Int32(1, 0).Int32(2, (int)page.Length).Int32(3, compressed.Length)
            .Begin(5).Int32(1, _count).Int32(2, (int)ParquetEncoding.Plain)
            .Int32(3, (int)ParquetEncoding.Rle).Int32(4, (int)ParquetEncoding.Rle).End()
            .End().Written;
        _pages.Write(header);
        _pages.Write(compressed);
        _uncompressed += header.Length + page.Length;
        _entries += _count;
        _count = 0;
        _values.ResetWrittenCount();
        _repetitions.Clear();
        _definitions.Clear();
    }

    private void Enter(bool goesOn, bool defined)
    {
        _count++;
        if (!inList)
            return;
        _repetitions.Add(goesOn);
        _definitions.Add(defined);
    }

    // One packed group of all levels, a bit each, with its length before it.
    private static void WriteLevels(MemoryStream page, List<bool> levels)
    {
        var packed = new byte[(levels.Count + 7) / 8];
        for (var i = 0; i < levels.Count; i++)
            packed[i / 8] |= (byte)((levels[i] ? 1 : 0) << (i % 8));
        var header = new MemoryStream();
        for (var groups = ((uint)packed.Length << 1) | 1; ; groups >>= 7)
        {
            header.WriteByte((byte)(groups >= 0x80 ? groups | 0x80 : groups));
            if (groups < 0x80)
                break;
        }
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, (int)header.Length + packed.Length);
        page.Write(length);
        header.WriteTo(page);
        page.Write(packed);
    }
}
