using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Caravan.Data.Parquet;

/// <summary>The texts of one column that will be written as a page, with their levels if they are in a list.</summary>
internal sealed class ColumnBuffer(IReadOnlyList<string> path, bool inList)
{
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly List<bool> _repetitions = [];
    private readonly List<bool> _definitions = [];

    /// <summary>The column's fields from the schema's root down.</summary>
    public IReadOnlyList<string> Path => path;

    /// <summary>Entries so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of text so far.</summary>
    public long Bytes => _values.WrittenCount;

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

    /// <summary>The page's bytes; the buffer is then empty.</summary>
    public byte[] Take()
    {
        using var page = new MemoryStream();
        if (inList)
        {
            WriteLevels(page, _repetitions);
            WriteLevels(page, _definitions);
        }
        page.Write(_values.WrittenSpan);
        _values.ResetWrittenCount();
        _repetitions.Clear();
        _definitions.Clear();
        Count = 0;
        return page.ToArray();
    }

    private void Enter(bool goesOn, bool defined)
    {
        Count++;
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
