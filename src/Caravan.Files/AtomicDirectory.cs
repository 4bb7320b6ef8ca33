namespace Caravan.Files;

/// <summary>
/// A folder that appears whole or not at all: files are written into a temporary folder beside the final name, and
/// <see cref="Commit"/> renames it. Disposing without a commit removes the temporary folder.
/// </summary>
public sealed class AtomicDirectory : IDisposable
{
    private readonly string _target;
    private bool _committed;

    /// <summary>Opens a temporary folder beside <paramref name="target"/>.</summary>
    /// <exception cref="IOException">The parent folder cannot be written.</exception>
    public AtomicDirectory(string target)
    {
        _target = System.IO.Path.GetFullPath(target);
        Path = AtomicFile.TemporaryName(_target);
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write the files until <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>Flushes every file and gives the folder its final name. A folder of that name is replaced.</summary>
    public void Commit()
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }
        // A rename cannot replace a folder that has content, so the old one steps aside for a moment.
        var old = $"{_target}.{Environment.ProcessId}.old";
        if (Directory.Exists(_target))
            Directory.Move(_target, old);
        Directory.Move(Path, _target);
        _committed = true;
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }

    public void Dispose()
    {
        if (!_committed && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
