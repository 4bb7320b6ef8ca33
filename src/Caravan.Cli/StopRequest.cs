using System.Runtime.InteropServices;
using Caravan.Cli.Terminals;

namespace Caravan.Cli;

/// <summary>
/// The wish of a person or of a cluster that the program ends. The first Ctrl-C or SIGTERM asks the command to end
/// cleanly, through <see cref="Token"/>; the second ends the process at once.
/// </summary>
internal sealed class StopRequest(Action<int> exitAtOnce) : IDisposable
{
    private const int SignalExitBase = 128, InterruptNumber = 2, TerminateNumber = 15;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _exitCode;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public bool IsRequested => _source.IsCancellationRequested;

    /// <summary>What an interrupted command returns: 130 or 143; 0 before any signal.</summary>
    public int ExitCode => _exitCode;

    /// <summary>Listens to this process's signals.</summary>
    public static StopRequest OnSignals(Terminal terminal)
    {
        var stop = new StopRequest(code =>
        {
            terminal.ShowCursor(); // a live display may have hidden it
            Environment.Exit(code);
        });
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            stop._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                stop.Signal(context.Signal);
            }));
        }
        return stop;
    }

    /// <summary>Acts as if the process had received the signal.</summary>
    public void Signal(PosixSignal signal)
    {
        var code = SignalExitBase + (signal == PosixSignal.SIGTERM ? TerminateNumber : InterruptNumber);
        if (Interlocked.CompareExchange(ref _exitCode, code, 0) == 0)
            _source.Cancel();
        else
            exitAtOnce(code);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }
}
