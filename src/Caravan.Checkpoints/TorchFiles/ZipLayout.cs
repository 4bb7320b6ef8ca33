using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Caravan.Checkpoints;

/// <summary>
/// Lays out a zip archive of stored entries whose data starts at multiples of 64 bytes, with ZIP64 records throughout
/// (as every tool of the last fifteen years reads them). The data of large entries comes later and not from here: their
/// checksums stand behind them, in a data descriptor, and in the directory at the end, as in PyTorch's own archives.
/// </summary>
internal sealed class ZipLayout
{
    private const int Alignment = 64, Utf8Names = 1 << 11, ChecksumBehind = 1 << 3;
    private const int DescriptorLength = 24, EndLength = 56 + 20 + 22;

    private readonly List<ZipEntry> _entries = [];
    private readonly List<(int Entry, Crc32 Checksum)> _reserved = [];
    private readonly List<MemoryStream> _between = [new()];

    /// <summary>Of the archive so far, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a small entry with its data.</summary>
    public void Add(string name, ReadOnlySpan<byte> data)
    {
        AddHeader(name, data.Length, Utf8Names, Crc32.HashToUInt32(data));
        Append(data);
    }

    /// <summary>Adds an entry whose data comes later; returns where in the archive.</summary>
    public long Reserve(string name, long length)
    {
        AddHeader(name, length, Utf8Names | ChecksumBehind, 0);
        _reserved.Add((_entries.Count - 1, new Crc32()));
        var position = Length;
        Length += length;
        _between.Add(new MemoryStream());
        Append(new byte[DescriptorLength]);
        return position;
    }

    /// <summary>Makes room for the directory; nothing may be added any more.</summary>
    public void AddDirectory() => Length += DirectoryLength() + EndLength;

    /// <summary>Data of the reserved entry number <paramref name="entry"/>, of all its data in order.</summary>
    public void AppendToChecksum(int entry, long offset, ReadOnlySpan<byte> data) =>
        _reserved[entry].Checksum.Append(data);

    /// <summary>
    /// What stands before the data of reserved entry <paramref name="entry"/>, whose predecessors are complete.
    /// </summary>
    public byte[] BytesBefore(int entry)
    {
        var bytes = _between[entry].ToArray();
        if (entry > 0)
            FillDescriptor(bytes, entry - 1);
        return entry < _reserved.Count ? bytes : [.. bytes, .. Directory()];
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _between[^1].Write(bytes);
        Length += bytes.Length;
    }

    private void AddHeader(string name, long length, int flags, uint checksum)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        const int zip64Field = 20;
        var unpadded = Length + 30 + nameBytes.Length + zip64Field + 4;
        var padding = (int)((Alignment - unpadded % Alignment) % Alignment);
        var header = new byte[30 + nameBytes.Length + zip64Field + 4 + padding];
        U32(header, 0, 0x04034b50);
        U16(header, 4, 45);
        U16(header, 6, flags);
        U16(header, 12, 0x21); // 1 January 1980: the same weights give the same file
        U32(header, 14, checksum);
        U32(header, 18, uint.MaxValue);
        U32(header, 22, uint.MaxValue);
        U16(header, 26, nameBytes.Length);
        U16(header, 28, zip64Field + 4 + padding);
        nameBytes.CopyTo(header, 30);
        var extra = header.AsSpan(30 + nameBytes.Length);
        U16(extra, 0, 1);
        U16(extra, 2, zip64Field - 4);
        I64(extra, 4, length);
        I64(extra, 12, length);
        U16(extra, zip64Field, 'F' | ('B' << 8));
        U16(extra, zip64Field + 2, padding);
        extra[(zip64Field + 4)..].Fill((byte)'Z');
        _entries.Add(new ZipEntry(name, 0, length, length, checksum, Length));
        Append(header);
    }

    private void FillDescriptor(byte[] bytes, int reserved)
    {
        var (index, checksum) = _reserved[reserved];
        _entries[index] = _entries[index] with { Checksum = checksum.GetCurrentHashAsUInt32() };
        U32(bytes, 0, 0x08074b50);
        U32(bytes, 4, _entries[index].Checksum);
        I64(bytes, 8, _entries[index].Length);
        I64(bytes, 16, _entries[index].Length);
    }

    private long DirectoryLength() => _entries.Sum(entry => 46L + Encoding.UTF8.GetByteCount(entry.Name) + 28);

    private byte[] Directory()
    {
        var length = (int)DirectoryLength();
        var bytes = new byte[length + EndLength];
        var start = Length - bytes.Length;
        var rest = bytes.AsSpan();
        var reserved = _reserved.Select(entry => entry.Entry).ToHashSet();
        for (var i = 0; i < _entries.Count; i++)
        {
            var flags = Utf8Names | (reserved.Contains(i) ? ChecksumBehind : 0);
            rest = rest[WriteDirectoryEntry(rest, _entries[i], flags)..];
        }
        U32(rest, 0, 0x06064b50);
        I64(rest, 4, 44);
        U16(rest, 12, 45);
        U16(rest, 14, 45);
        I64(rest, 24, _entries.Count);
        I64(rest, 32, _entries.Count);
        I64(rest, 40, length);
        I64(rest, 48, start);
        U32(rest, 56, 0x07064b50);
        I64(rest, 64, start + length);
        U32(rest, 72, 1);
        U32(rest, 76, 0x06054b50);
        U16(rest, 84, ushort.MaxValue);
        U16(rest, 86, ushort.MaxValue);
        U32(rest, 88, uint.MaxValue);
        U32(rest, 92, uint.MaxValue);
        return bytes;
    }

    private static int WriteDirectoryEntry(Span<byte> bytes, ZipEntry entry, int flags)
    {
        var name = Encoding.UTF8.GetBytes(entry.Name);
        U32(bytes, 0, 0x02014b50);
        U16(bytes, 4, 45);
        U16(bytes, 6, 45);
        U16(bytes, 8, flags);
        U16(bytes, 14, 0x21);
        U32(bytes, 16, entry.Checksum);
        U32(bytes, 20, uint.MaxValue);
        U32(bytes, 24, uint.MaxValue);
        U16(bytes, 28, name.Length);
        U16(bytes, 30, 28);
        U32(bytes, 42, uint.MaxValue);
        name.CopyTo(bytes[46..]);
        var extra = bytes[(46 + name.Length)..];
        U16(extra, 0, 1);
        U16(extra, 2, 24);
        I64(extra, 4, entry.Length);
        I64(extra, 12, entry.CompressedLength);
        I64(extra, 20, entry.HeaderPosition);
        return 46 + name.Length + 28;
    }

    private static void U16(Span<byte> bytes, int at, int value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)value);

    private static void U32(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void I64(Span<byte> bytes, int at, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
