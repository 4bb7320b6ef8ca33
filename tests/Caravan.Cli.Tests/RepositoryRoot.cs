namespace Caravan.Cli.Tests;

/// <summary>The checkout that the running tests were built from.</summary>
internal static class RepositoryRoot
{
    public static string Folder { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Caravan.slnx")))
                return folder;
        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds Caravan.slnx");
    }
}
