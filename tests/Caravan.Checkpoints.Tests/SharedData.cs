namespace Caravan.Checkpoints.Tests;

/// <summary>Published material beside the repository; tests that need it skip where it is absent.</summary>
internal static class SharedData
{
    public static string Path(string relative)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(root, "Caravan.slnx")))
            root = System.IO.Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Caravan.slnx above");
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, "../shared/data", relative));
        Assert.SkipUnless(System.IO.Path.Exists(path), $"{path} is not there");
        return path;
    }
}
