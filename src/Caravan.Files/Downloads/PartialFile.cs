using System.Net.Http.Headers;

namespace Caravan.Files.Downloads;

/// <summary>
/// The beginning of a file that is being fetched, under the name <c>….part</c>, with the ETag of the file that it is
/// the beginning of in <c>….part.etag</c>. Both outlive the process.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly Download _file;
    private readonly FileStream _stream;
    private readonly ContentHashes _hashes;

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
        var known = File.Exists(ValidatorPath) ? File.ReadAllText(ValidatorPath) : null;
        Validator = EntityTagHeaderValue.TryParse(known, out _) ? known : null;
        _hashes = new ContentHashes(file);
    }

    /// <summary>Added to a file's name while it is fetched.</summary>
    public const string Suffix = ".part";

    /// <summary>Bytes that are there.</summary>
    public long Length => _hashes.Length;

    /// <summary>Whether every byte was fetched by this run.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The ETag of the file that this is the beginning of; null where the server gave none.</summary>
    public string? Validator { get; private set; }

    public string Path => _file.Path + Suffix;

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
            await part._hashes.AppendAsync(part._stream, cancellation);
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
        _hashes.Reset();
        IsNew = true;
        Validator = validator;
        if (validator is null)
            File.Delete(ValidatorPath);
        else
            File.WriteAllText(ValidatorPath, validator);
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _stream.WriteAsync(bytes, cancellation);
        _hashes.Append(bytes.Span);
    }

    /// <summary>What is wrong with the whole file; null if all that is known about it holds.</summary>
    public string? FindFault() => _hashes.FindFault();

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
        return new LockedFile(_file.Url, Length, _hashes.Sha256);
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
        _hashes.Dispose();
    }
}
