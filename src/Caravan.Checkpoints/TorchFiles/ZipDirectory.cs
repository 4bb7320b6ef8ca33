using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// The directory of a zip archive, with what PyTorch files need and the framework's reader does not give: where the
/// bytes of a stored entry lie in the file, so that tensors can be read and mapped in place. Reads ZIP64.
/// </summary>
internal sealed class ZipDirectory
{
    private const int MaxEntries = 4_000_000;
    private const long MaxDirectoryLength = 1 << 30;

    private readonly WeightFile _file;

    private ZipDirectory(WeightFile file) => _file = file;

    public Dictionary<string, ZipEntry> Entries { get; } = [];

    /// <summary>Reads the directory at the end of <paramref name="file"/>.</summary>
    /// <exception cref="BadInputException">Truncated, damaged, or larger than any weight file.</exception>
    public static ZipDirectory Read(WeightFile file)
    {
        var directory = new ZipDirectory(file);
        var (count, start, length) = directory.FindEnd();
        directory.ReadEntries(count, start, length);
        return directory;
    }

    /// <summary>Where the bytes of a stored entry begin in the file.</summary>
    public long DataPosition(ZipEntry entry)
    {
        Span<byte> header = stackalloc byte[30];
        if (entry.HeaderPosition > _file.Length - header.Length)
            throw Damaged($"entry '{entry.Name}' lies outside the file");
        _file.Read(entry.HeaderPosition, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
            throw Damaged($"entry '{entry.Name}' has no header at byte {entry.HeaderPosition}");
        var position = entry.HeaderPosition + header.Length + U16(header, 26) + U16(header, 28);
        if (entry.CompressedLength > _file.Length - position)
            throw Damaged($"entry '{entry.Name}' of {entry.CompressedLength} bytes reaches beyond the end of the file");
        return position;
    }

    /// <summary>All bytes of an entry that is small by its nature.</summary>
    public byte[] ReadAll(ZipEntry entry, long maxLength)
    {
        if (entry.Length > maxLength || entry.CompressedLength > maxLength)
        {
            throw Damaged(
                $"entry '{entry.Name}' says it has {ByteSize.Format(entry.Length)}; at most " +
                $"{ByteSize.Format(maxLength)} are read");
        }
        var position = DataPosition(entry);
        // Deflate makes at most 1032 bytes of one.
        if (entry.Length > 1032 * entry.CompressedLength + 64)
            throw Damaged($"entry '{entry.Name}' says it has {entry.Length} bytes in {entry.CompressedLength}");
        var stored = new byte[entry.CompressedLength];
        _file.Read(position, stored);
        if (entry.Method == 0)
        {
            return entry.Length == entry.CompressedLength ? stored
                : throw Damaged($"entry '{entry.Name}' is stored but its two lengths differ");
        }
        if (entry.Method != 8)
            throw Damaged($"entry '{entry.Name}' uses compression method {entry.Method}, which PyTorch does not write");
        return Inflate(entry, stored);
    }

    private byte[] Inflate(ZipEntry entry, byte[] stored)
    {
        var bytes = new byte[entry.Length];
        try
        {
            using var inflater = new DeflateStream(new MemoryStream(stored), CompressionMode.Decompress);
            inflater.ReadExactly(bytes);
            if (inflater.ReadByte() >= 0)
                throw Damaged($"entry '{entry.Name}' is longer than the directory says");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged($"entry '{entry.Name}' cannot be inflated");
        }
        return bytes;
    }

    private (long Count, long Start, long Length) FindEnd()
    {
        const int endLength = 22;
        var tail = new byte[(int)Math.Min(_file.Length, endLength + ushort.MaxValue)];
        _file.Read(_file.Length - tail.Length, tail);
        var at = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (at < 0 || at > tail.Length - endLength)
        {
            throw new BadInputException(
                $"{_file.Path}: the file of {ByteSize.Format(_file.Length)} has no end record, as if its download or " +
                "copy had stopped. It is truncated; fetch it again.");
        }
        var end = tail.AsSpan(at);
        long count = U16(end, 10), length = U32(end, 12), start = U32(end, 16);
        var position = _file.Length - tail.Length + at;
        if (position >= 20 && (count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue))
            (count, start, length) = ReadZip64End(position, (count, start, length));
        if (count > MaxEntries || length > MaxDirectoryLength || start < 0 || length < 0 || start > position - length)
            throw Damaged($"the directory ({count} entries, {length} bytes at {start}) does not fit into the file");
        return (count, start, length);
    }

    private (long Count, long Start, long Length) ReadZip64End(long endPosition, (long, long, long) plain)
    {
        Span<byte> locator = stackalloc byte[20];
        _file.Read(endPosition - locator.Length, locator);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != 0x07064b50)
            return plain;
        var position = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        Span<byte> record = stackalloc byte[56];
        if (position < 0 || position > endPosition - record.Length)
            throw Damaged($"the ZIP64 end record at {position} lies outside the file");
        _file.Read(position, record);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != 0x06064b50)
            throw Damaged($"there is no ZIP64 end record at {position}");
        return (
            BinaryPrimitives.ReadInt64LittleEndian(record[32..]), BinaryPrimitives.ReadInt64LittleEndian(record[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[40..]));
    }

    private void ReadEntries(long count, long start, long length)
    {
        var bytes = new byte[length];
        _file.Read(start, bytes);
        var rest = bytes.AsSpan();
        for (long i = 0; i < count; i++)
        {
            if (rest.Length < 46 || U32(rest, 0) != 0x02014b50)
                throw Damaged($"entry {i} of the directory is broken");
            int nameLength = U16(rest, 28), extraLength = U16(rest, 30), commentLength = U16(rest, 32);
            if (rest.Length < 46 + nameLength + extraLength + commentLength)
                throw Damaged($"entry {i} of the directory is cut off");
            var name = Encoding.UTF8.GetString(rest.Slice(46, nameLength));
            var entry = WithZip64(
                new ZipEntry(name, U16(rest, 10), U32(rest, 20), U32(rest, 24), U32(rest, 16), U32(rest, 42)),
                rest.Slice(46 + nameLength, extraLength));
            if (name.Contains("..", StringComparison.Ordinal) || name.StartsWith('/') || name.Contains('\\'))
                throw Damaged($"entry '{name}' points outside the archive");
            if (entry.Length < 0 || entry.CompressedLength < 0 || entry.HeaderPosition < 0)
                throw Damaged($"entry '{name}' has a negative length or position");
            if (!Entries.TryAdd(name, entry))
                throw Damaged($"entry '{name}' is listed twice");
            rest = rest[(46 + nameLength + extraLength + commentLength)..];
        }
    }

    /// <summary>Takes the 64-bit values of extra field 1 where the 32-bit ones are full.</summary>
    private static ZipEntry WithZip64(ZipEntry entry, ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int id = U16(extra, 0), length = U16(extra, 2);
            if (length > extra.Length - 4)
                break;
            var field = extra.Slice(4, length);
            extra = extra[(4 + length)..];
            if (id != 1)
                continue;
            if (entry.Length == uint.MaxValue && field.Length >= 8)
            {
                entry = entry with { Length = BinaryPrimitives.ReadInt64LittleEndian(field) };
                field = field[8..];
            }
            if (entry.CompressedLength == uint.MaxValue && field.Length >= 8)
            {
                entry = entry with { CompressedLength = BinaryPrimitives.ReadInt64LittleEndian(field) };
                field = field[8..];
            }
            if (entry.HeaderPosition == uint.MaxValue && field.Length >= 8)
                entry = entry with { HeaderPosition = BinaryPrimitives.ReadInt64LittleEndian(field) };
        }
        return entry;
    }

    private static int U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private BadInputException Damaged(string what) =>
        new($"{_file.Path}: {what}. The archive is damaged; fetch it again.");
}
