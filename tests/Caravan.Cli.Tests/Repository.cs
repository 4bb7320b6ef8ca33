namespace Caravan.Cli.Tests;

internal static class Repository
{
    /// <summary>The folder that holds Caravan.slnx.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Caravan.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Caravan.slnx above the tests");
        return folder;
    }
}
