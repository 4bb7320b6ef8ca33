using System.Security.Cryptography;
using System.Text;

namespace Caravan.Files.Downloads;

/// <summary>
/// The beginning of a file that is being fetched, under the name <c>….part</c>, with the ETag of the file that it is the
/// beginning of in <c>….part.etag</c>. Both outlive the process. Hashes are computed while the bytes come.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int BufferSize = 1 << 17;

    private readonly Download _file;
    private readonly FileStream _stream;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _gitBlob = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);

    private PartialFile(Download file)
    {
        _file = file;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file.Path))!);
        try
        {
            _stream = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (File.Exists(Path))
        {
            throw new BadInputException($"{Path}: cannot be opened: {e.Message} Does another process fetch it?", e);
        }
        IsNew = _stream.Length == 0;
        Validator = File.Exists(ValidatorPath) ? File.ReadAllText(ValidatorPath) : null;
        BeginHashes();
    }

    /// <summary>Bytes that are there.</summary>
    public long Length { get; private set; }

    /// <summary>Whether every byte was fetched by this run.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The ETag of the file that this is the beginning of; null where the server gave none.</summary>
    public string? Validator { get; private set; }

    public string Path => _file.Path + ".part";

    private string ValidatorPath => Path + ".etag";

    /// <summary>Opens what an earlier run left, or begins. What is longer than the file can be is dropped.</summary>
    /// <exception cref="BadInputException">Another process is at it.</exception>
    public static async Task<PartialFile> OpenAsync(Download file, CancellationToken cancellation)
    {
        var part = new PartialFile(file);
        try
        {
            if (part._stream.Length > (file.Bytes ?? long.MaxValue))
                part.Restart(null);
            var buffer = new byte[BufferSize];
            for (int read; (read = await part._stream.ReadAsync(buffer, cancellation)) > 0;)
                part.Count(buffer.AsSpan(0, read));
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Drops what is there; what comes now belongs to the file of this ETag.</summary>
    public void Restart(string? validator)
    {
        _stream.SetLength(0);
        Length = 0;
        IsNew = true;
        BeginHashes();
        Validator = validator;
        if (validator is null)
            File.Delete(ValidatorPath);
        else
            File.WriteAllText(ValidatorPath, validator);
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _stream.WriteAsync(bytes, cancellation);
        Count(bytes.Span);
    }

    /// <summary>Whether all that is known about the file holds; else what is wrong.</summary>
    public string? FindFault()
    {
        if (_file.Bytes is { } bytes && Length != bytes)
            return $"{Length} bytes came where {bytes} were expected";
        var sha256 = Convert.ToHexStringLower(_sha256.GetCurrentHash());
        if (_file.Sha256 is { } expected && sha256 != expected)
            return $"its SHA-256 is {sha256}, expected {expected}";
        if (_file.GitBlobSha1 is not { } blob)
            return null;
        var sha1 = Convert.ToHexStringLower(_gitBlob.GetCurrentHash());
        return sha1 == blob ? null : $"its Git object id is {sha1}, expected {blob}";
    }

    /// <summary>The first bytes, as many as there are.</summary>
    public byte[] Head(int count)
    {
        var head = new byte[Math.Min(count, Length)];
        RandomAccess.Read(_stream.SafeFileHandle, head, 0);
        return head;
    }

    /// <summary>Flushes the file to the disk and gives it its name.</summary>
    public LockedFile Accept()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(Path, _file.Path, overwrite: true);
        File.Delete(ValidatorPath);
        return new LockedFile(_file.Url, Length, Convert.ToHexStringLower(_sha256.GetCurrentHash()));
    }

    /// <summary>Removes what is there: it is the beginning of nothing.</summary>
    public void Discard()
    {
        _stream.Dispose();
        File.Delete(Path);
        File.Delete(ValidatorPath);
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (Length == 0)
            Discard();
        _sha256.Dispose();
        _gitBlob.Dispose();
    }

    private void BeginHashes()
    {
        _ = _sha256.GetHashAndReset();
        _ = _gitBlob.GetHashAndReset();
        if (_file.GitBlobSha1 is not null)
            _gitBlob.AppendData(Encoding.ASCII.GetBytes($"blob {_file.Bytes}\0"));
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _sha256.AppendData(bytes);
        if (_file.GitBlobSha1 is not null)
            _gitBlob.AppendData(bytes);
        Length += bytes.Length;
    }
}
