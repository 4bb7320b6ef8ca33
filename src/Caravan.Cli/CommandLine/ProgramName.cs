namespace Caravan.Cli.CommandLine;

/// <summary>How to start this program.</summary>
internal static class ProgramName
{
    /// <summary><c>./caravan</c> in the folder of the launcher, its full path elsewhere.</summary>
    public static string AsTyped
    {
        get
        {
            var folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder, "Caravan.slnx")))
                folder = Path.GetDirectoryName(folder);
            return folder is null ? "caravan"
                : folder == Environment.CurrentDirectory ? "./caravan"
                : Shell.Quote(Path.Combine(folder, "caravan"));
        }
    }
}
