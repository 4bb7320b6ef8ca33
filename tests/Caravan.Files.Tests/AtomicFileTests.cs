namespace Caravan.Files.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_FailingHalfway_LeavesTheOldFileAndNothingElse()
    {
        var path = Path.Combine(_folder, "a.txt");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void WriteText_IntoAMissingFolder_MakesIt()
    {
        var path = Path.Combine(_folder, "b", "c.txt");
        AtomicFile.WriteText(path, "ä");
        Assert.Equal([0xC3, 0xA4], File.ReadAllBytes(path));
    }

    [Fact]
    public void AtomicDirectory_WithoutCommit_LeavesNothing()
    {
        using (var directory = new AtomicDirectory(Path.Combine(_folder, "model")))
            File.WriteAllText(Path.Combine(directory.Path, "x"), "x");
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AtomicDirectory_Committed_ReplacesTheOldFolder()
    {
        var target = Path.Combine(_folder, "model");
        foreach (var name in new[] { "first", "second" })
        {
            using var directory = new AtomicDirectory(target);
            File.WriteAllText(Path.Combine(directory.Path, name), name);
            directory.Commit();
        }
        Assert.Equal([Path.Combine(target, "second")],
            Directory.GetFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Where(File.Exists));
        Assert.Equal([target], Directory.GetFileSystemEntries(_folder));
    }
}
