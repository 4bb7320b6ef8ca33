using System.Buffers.Binary;
using System.IO.Compression;
using Caravan.Files;

namespace Caravan.Data.Sources;

/// <summary>
/// A gzip file that notices when it ends early: .NET's decompressor takes a cut file for a short one. The length that a
/// gzip file states in its last four bytes is compared with what came out.
/// </summary>
internal sealed class GzipFile : ForwardStream
{
    private readonly string _path;
    private readonly GZipStream _data;
    private readonly uint _statedLength;
    private uint _length;

    public GzipFile(FileStream file, string path)
    {
        _path = path;
        Span<byte> trailer = stackalloc byte[4];
        file.Seek(-Math.Min(4, file.Length), SeekOrigin.End);
        file.ReadAtLeast(trailer, 4, throwOnEndOfStream: false);
        _statedLength = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        file.Position = 0;
        _data = new GZipStream(file, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = _data.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw new BadInputException($"{_path}: the gzip data is damaged: {exception.Message}", exception);
        }
        _length = unchecked(_length + (uint)read);
        if (read == 0 && !buffer.IsEmpty && _length != _statedLength)
        {
            throw new BadInputException(
                $"{_path}: the gzip data ends early: {_length} bytes came out where the file states {_statedLength}. " +
                "It is truncated, get it again; if it was joined from several gzip files, unpack it first.");
        }
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _data.Dispose();
        base.Dispose(disposing);
    }
}
