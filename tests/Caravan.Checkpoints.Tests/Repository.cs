namespace Caravan.Checkpoints.Tests;

/// <summary>Where the repository lies, found from the test program upwards.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A file of <c>tests/golden/checkpoints</c>.</summary>
    public static string Golden(string name) => Path.Combine(Root, "tests/golden/checkpoints", name);

    private static string Find()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Caravan.slnx")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Caravan.slnx above");
        return root;
    }
}
