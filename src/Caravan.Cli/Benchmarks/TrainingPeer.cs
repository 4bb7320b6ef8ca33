using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Caravan.Cli.Benchmarks;

/// <summary>PyTorch's eager LLaMA, <c>bench/peers/torch_llama.py</c>, where the repository and PyTorch are at hand.
/// </summary>
internal sealed class TrainingPeer(string python, string script)
{
    private const string Script = "bench/peers/torch_llama.py";
    private const string DefaultPython = "/usr/bin/python3";

    /// <summary>The peer, or null with the reason there is none.</summary>
    /// <param name="python">Python to use; null for the system's.</param>
    public static TrainingPeer? Find(string? python, out string reason)
    {
        reason = "";
        python ??= DefaultPython;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, Script);
            if (!File.Exists(script))
                continue;
            if (Run(python, ["-c", "import torch"]) is not null)
                return new TrainingPeer(python, script);
            reason = $"{python} has no PyTorch (Debian: python3-torch; --python names another one)";
            return null;
        }
        reason = $"{Script} is not there: the comparison runs from a copy of the repository";
        return null;
    }

    /// <summary>The peer's step of the same case; null if it failed.</summary>
    public TrainingResult? Measure(TrainingCase measured)
    {
        var size = measured.Size;
        string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
        var output = Run(python,
        [
            script, "--preset", size.Name, "--precision", measured.Precision, "--threads", Number(measured.Threads),
            "--batch", Number(size.Batch), "--seq", Number(size.Length), "--steps", Number(measured.Steps),
            "--warmup", "1",
        ]);
        if (output is null)
            return null;
        var json = JsonNode.Parse(output)!;
        return new("pytorch", size.Name, measured.Precision, measured.Threads, size.Length,
            json["tokens_per_second"]!["median"]!.GetValue<double>(), json["gflops"]!.GetValue<double>(),
            json["peak_resident_mib"]!.GetValue<long>());
    }

    // What it printed; null if it could not be started or failed.
    private static string? Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
