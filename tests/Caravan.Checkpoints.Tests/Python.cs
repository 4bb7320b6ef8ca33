using System.Diagnostics;

namespace Caravan.Checkpoints.Tests;

/// <summary>Debian's Python with PyTorch, the independent reader of what is written here.</summary>
internal static class Python
{
    /// <summary>
    /// Runs a program with PyTorch and gives its standard output; skips the test where there is none.
    /// </summary>
    public static string Run(string program, params string[] arguments)
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/python3") && Directory.Exists("/usr/lib/python3/dist-packages/torch"),
            "python3-torch is not installed");
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
