namespace Caravan.Data.Tests;

/// <summary>Published data beside the repository, for tests on real files; they skip where it is absent.</summary>
public static class SharedData
{
    public static string File(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Caravan.slnx")))
            folder = folder.Parent;
        var file = Path.GetFullPath(Path.Combine(folder?.FullName ?? ".", "../shared/data", path));
        Assert.SkipUnless(System.IO.File.Exists(file), $"{file} is not there.");
        return file;
    }
}
