namespace Caravan.Text.Tests;

/// <summary>
/// Real tokenizers that stand beside the repository; tests that need them skip where they are absent.
/// </summary>
internal static class SharedData
{
    public static string Repository { get; } = FindRepository();

    private static string Folder { get; } = Path.GetFullPath(Path.Combine(Repository, "../shared/data"));

    public static string Golden(string name) => Path.Combine(Repository, "tests/golden/text", name);

    /// <summary>A path below the shared data; skips the test if it is not there.</summary>
    public static string Require(string name)
    {
        var path = Path.Combine(Folder, name);
        Assert.SkipUnless(Path.Exists(path), $"{path} is not there: real tokenizers are not part of the repository.");
        return path;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Caravan.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Caravan.slnx");
        return folder;
    }
}
