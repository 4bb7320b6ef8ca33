using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Caravan.Cli.Tests.Killing;

/// <summary>The program in a process of its own, which can be killed.</summary>
internal sealed partial class TrainingProcess : IDisposable
{
    private const int SignalKill = 9, SignalTerminate = 15;

    private readonly Process _process;
    private readonly Task<string> _errors;

    private TrainingProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static TrainingProcess Start(IEnumerable<string> args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "caravan.dll"));
        foreach (var arg in args)
            start.ArgumentList.Add(arg);
        // The tiny model is too small for two threads, and several of these processes run at a time.
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new TrainingProcess(Process.Start(start)!);
    }

    /// <summary>Waits until the process prints an event of this name. False if it ends before.</summary>
    public async Task<bool> WaitFor(string name)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var happened = JsonDocument.Parse(line);
            if (happened.RootElement.GetProperty("event").GetString() == name)
                return true;
        }
        return false;
    }

    public bool HasExited => _process.HasExited;

    public void Kill() => Send(SignalKill);

    public void Terminate() => Send(SignalTerminate);

    /// <summary>Reads what is printed until the end; the exit code and what stands on standard error.</summary>
    public async Task<(int ExitCode, string Errors)> End()
    {
        await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return (_process.ExitCode, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private void Send(int signal)
    {
        if (!_process.HasExited)
            Assert.Equal(0, SendSignal(_process.Id, signal));
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
