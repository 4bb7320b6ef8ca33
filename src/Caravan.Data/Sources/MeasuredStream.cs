using System.Security.Cryptography;
using Caravan.Data.Lineage;

namespace Caravan.Data.Sources;

/// <summary>A file that is hashed while it is read and reports itself at its end.</summary>
internal sealed class MeasuredStream(Stream file, string path, Action<ManifestFile> measured) : ForwardStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        var read = file.Read(buffer);
        _hash.AppendData(buffer[..read]);
        _length += read;
        if (read == 0 && !buffer.IsEmpty && !_ended)
        {
            _ended = true;
            measured(new ManifestFile(
                Path.GetFileName(path), null, _length, Convert.ToHexStringLower(_hash.GetHashAndReset())));
        }
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }
}
