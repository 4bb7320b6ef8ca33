namespace Caravan.Cli;

/// <summary>What the program returns to the shell. A run that was interrupted returns 128 + the signal's number: 130
/// for Ctrl-C, 143 for SIGTERM (see <see cref="StopRequest"/>); a training that wrote a checkpoint before it ended
/// returns <see cref="Interrupted"/>.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command could not do its work; a paragraph on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>A training was stopped by a signal or its time limit and has written a checkpoint: the same command
    /// goes on. It is EX_TEMPFAIL of sysexits.h, which schedulers take for "try again".</summary>
    public const int Interrupted = 75;
}
