namespace Caravan;

/// <summary>Where tests find files.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Caravan.slnx.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>A file of the golden values.</summary>
    internal static string Golden(params string[] path) => Path.Combine([Root, "tests", "golden", .. path]);

    /// <summary>A path of the real models and datasets beside the repository; skips the test where they are absent.
    /// </summary>
    internal static string SharedData(params string[] path)
    {
        var full = Path.GetFullPath(Path.Combine([Root, "..", "shared", "data", .. path]));
        Assert.SkipUnless(Path.Exists(full), $"needs {Path.Combine(path)} in ../shared/data");
        return full;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Caravan.slnx")))
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("Caravan.slnx was not found above the tests.");
        return folder;
    }
}
