namespace Caravan.Cli.CommandLine;

/// <summary>Words for a command line that a person will paste into a shell.</summary>
internal static class Shell
{
    /// <summary>The word itself where that is safe, else in single quotes.</summary>
    public static string Quote(string word) =>
        word.Length > 0
            && word.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=@%+,".Contains(character))
            ? word
            : $"'{word.Replace("'", @"'\''")}'";
}
