using System.Diagnostics;

namespace Caravan.TrainingBenchmarks;

/// <summary>This program started once more, for what has to be measured in a process of its own.</summary>
internal static class OwnProcess
{
    /// <summary>Runs a mode of the program.</summary>
    /// <returns>What it prints.</returns>
    internal static string Run(string[] arguments)
    {
        var program = Environment.ProcessPath!;
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            arguments = [typeof(OwnProcess).Assembly.Location, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }
}
