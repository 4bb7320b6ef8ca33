namespace Caravan.Cli;

/// <summary>What the program returns to the shell. A run that was interrupted returns 128 + the signal's number: 130
/// for Ctrl-C, 143 for SIGTERM (see <see cref="StopRequest"/>).</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command could not do its work; a paragraph on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was begun.</summary>
    public const int Usage = 2;
}
