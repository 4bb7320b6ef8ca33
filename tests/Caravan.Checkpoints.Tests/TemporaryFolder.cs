namespace Caravan.Checkpoints.Tests;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string MemoryDisk = "/dev/shm";

    private TemporaryFolder(string path) => Path = path;

    public TemporaryFolder()
        : this(Directory.CreateTempSubdirectory("caravan-").FullName)
    {
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>A folder in memory where the system has that, for tests that write thousands of files.</summary>
    public static TemporaryFolder InMemory() => Directory.Exists(MemoryDisk)
        ? new(Directory.CreateDirectory(System.IO.Path.Combine(MemoryDisk, $"caravan-{Guid.NewGuid():n}")).FullName)
        : new();

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
