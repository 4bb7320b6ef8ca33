using System.Buffers.Binary;
using System.Text;

namespace Caravan.Checkpoints;

/// <summary>
/// Lays out a zip archive of stored entries whose data starts at multiples of 64 bytes, with ZIP64 records throughout
/// (as every tool of the last fifteen years reads them). Checksums are filled in when the data is known.
/// </summary>
internal sealed class ZipWriter(Stream stream)
{
    private const int Alignment = 64;
    private readonly List<(ZipEntry Entry, long ChecksumPosition)> _entries = [];

    /// <summary>Writes a small entry whole.</summary>
    public void Add(string name, ReadOnlySpan<byte> data)
    {
        var crc = new Crc32();
        crc.Append(data);
        Reserve(name, data.Length);
        SetChecksum(_entries.Count - 1, crc.Value);
        stream.Write(data);
    }

    /// <summary>Writes the header of an entry and returns where its data begins; the stream stands there.</summary>
    public long Reserve(string name, long length)
    {
        var start = stream.Position;
        var nameBytes = Encoding.UTF8.GetBytes(name);
        const int zip64Field = 20;
        var unpadded = start + 30 + nameBytes.Length + zip64Field + 4;
        var padding = (int)((Alignment - unpadded % Alignment) % Alignment);
        var header = new byte[30 + nameBytes.Length + zip64Field + 4 + padding];
        U32(header, 0, 0x04034b50);
        U16(header, 4, 45);
        U16(header, 6, 1 << 11); // names are UTF-8
        U16(header, 12, 0x21); // 1 January 1980: the same weights give the same file
        U32(header, 18, uint.MaxValue);
        U32(header, 22, uint.MaxValue);
        U16(header, 26, nameBytes.Length);
        U16(header, 28, zip64Field + 4 + padding);
        nameBytes.CopyTo(header, 30);
        var extra = header.AsSpan(30 + nameBytes.Length);
        U16(extra, 0, 1);
        U16(extra, 2, zip64Field - 4);
        BinaryPrimitives.WriteInt64LittleEndian(extra[4..], length);
        BinaryPrimitives.WriteInt64LittleEndian(extra[12..], length);
        U16(extra, zip64Field, 'F' | ('B' << 8));
        U16(extra, zip64Field + 2, padding);
        extra[(zip64Field + 4)..].Fill((byte)'Z');
        stream.Write(header);
        _entries.Add((new ZipEntry(name, 0, length, length, 0, start), start + 14));
        return stream.Position;
    }

    /// <summary>Sets the checksum of the entry that was added as number <paramref name="index"/>.</summary>
    public void SetChecksum(int index, uint checksum)
    {
        var (entry, position) = _entries[index];
        _entries[index] = (entry with { Crc32 = checksum }, position);
        var at = stream.Position;
        Span<byte> bytes = stackalloc byte[4];
        U32(bytes, 0, checksum);
        stream.Position = position;
        stream.Write(bytes);
        stream.Position = at;
    }

    /// <summary>Writes the directory; the stream must stand behind the last entry.</summary>
    public void Finish()
    {
        var start = stream.Position;
        foreach (var (entry, _) in _entries)
            WriteDirectoryEntry(entry);
        var end = stream.Position;
        var record = new byte[56 + 20 + 22];
        U32(record, 0, 0x06064b50);
        I64(record, 4, 44);
        U16(record, 12, 45);
        U16(record, 14, 45);
        I64(record, 24, _entries.Count);
        I64(record, 32, _entries.Count);
        I64(record, 40, end - start);
        I64(record, 48, start);
        U32(record, 56, 0x07064b50);
        I64(record, 64, end);
        U32(record, 72, 1);
        U32(record, 76, 0x06054b50);
        U16(record, 84, ushort.MaxValue);
        U16(record, 86, ushort.MaxValue);
        U32(record, 88, uint.MaxValue);
        U32(record, 92, uint.MaxValue);
        stream.Write(record);
    }

    private void WriteDirectoryEntry(ZipEntry entry)
    {
        var name = Encoding.UTF8.GetBytes(entry.Name);
        var bytes = new byte[46 + name.Length + 28];
        U32(bytes, 0, 0x02014b50);
        U16(bytes, 4, 45);
        U16(bytes, 6, 45);
        U16(bytes, 8, 1 << 11);
        U16(bytes, 14, 0x21);
        U32(bytes, 16, entry.Crc32);
        U32(bytes, 20, uint.MaxValue);
        U32(bytes, 24, uint.MaxValue);
        U16(bytes, 28, name.Length);
        U16(bytes, 30, 28);
        U32(bytes, 42, uint.MaxValue);
        name.CopyTo(bytes, 46);
        var extra = bytes.AsSpan(46 + name.Length);
        U16(extra, 0, 1);
        U16(extra, 2, 24);
        I64(extra, 4, entry.Length);
        I64(extra, 12, entry.CompressedLength);
        I64(extra, 20, entry.HeaderPosition);
        stream.Write(bytes);
    }

    private static void U16(Span<byte> bytes, int at, int value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)value);

    private static void U32(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void I64(Span<byte> bytes, int at, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
