namespace Caravan.Checkpoints.Tests;

/// <summary>Published material beside the repository; tests that need it skip where it is absent.</summary>
internal static class SharedData
{
    public static string Path(string relative)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Repository.Root, "../shared/data", relative));
        Assert.SkipUnless(System.IO.Path.Exists(path), $"{path} is not there");
        return path;
    }
}
