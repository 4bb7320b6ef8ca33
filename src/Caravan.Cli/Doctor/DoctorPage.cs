using Caravan.Cli.Terminals;
using Caravan.Files;
using Spectre.Console;

namespace Caravan.Cli.Doctor;

/// <summary>Shows a <see cref="MachineReport"/> to a person.</summary>
internal static class DoctorPage
{
    public static void Write(MachineReport report, Terminal terminal)
    {
        FactSheet.Write(terminal, Describe(report));
        terminal.Console.WriteLine();
        WriteFindings(report, terminal);
    }

    private static IEnumerable<(string Name, string Value)> Describe(MachineReport report)
    {
        yield return (
            "Caravan", report.Revision is null ? report.Caravan : $"{report.Caravan} ({Short(report.Revision)})");
        yield return (".NET", report.Dotnet);
        yield return ("System", $"{report.OperatingSystem}, kernel {report.Kernel}");
        yield return ("Processor", $"{report.Processor}, {Count(report.PhysicalCores, "core")}");
        yield return ("Extensions", string.Join(' ', report.ProcessorExtensions));
        yield return ("Memory", $"{ByteSize.Format(report.MemoryBytes)}, " +
            $"{ByteSize.Format(report.MemoryAvailableBytes)} available");
        yield return ("Disk", $"{ByteSize.Format(report.DiskFreeBytes)} free for {report.Directory}");
        yield return ("GPU", report.Gpus.Count == 0 ? "none" : string.Join(", ", report.Gpus));
        if (report.Libtorch is not { } torch)
            yield break;
        yield return ("libtorch", $"{torch.Version} in {torch.Location}");
        yield return ("Built with", string.Join(", ", new[]
        {
            torch.Blas,
            torch.OneDnn is null ? "no oneDNN" : $"oneDNN {torch.OneDnn}",
            torch.OpenMp is null ? "no OpenMP" : $"OpenMP {torch.OpenMp}",
            $"{torch.CpuCapability} kernels",
        }));
        yield return ("Threads", $"{torch.Threads}");
        yield return ("CUDA", torch.CudaDevices == 0 ? "no" : Count(torch.CudaDevices, "device"));
        yield return ("Processes", (torch.Gloo, torch.Nccl) switch
        {
            (true, true) => "Gloo, NCCL",
            (true, false) => "Gloo",
            (false, true) => "NCCL",
            _ => "neither Gloo nor NCCL",
        });
        yield return ("Fused operators", string.Join(", ",
            torch.FusedOperators.Select(pair => $"{Unqualified(pair.Key)} {(pair.Value ? "yes" : "no")}")));
        yield return ("Kernels", string.Join("; ", torch.Kernels));
        yield return ("Matrix products", string.Join(", ",
            torch.MatmulGflops.Select(pair => $"{pair.Key} {pair.Value:0} GFLOP/s")));
    }

    private static void WriteFindings(MachineReport report, Terminal terminal)
    {
        if (report.Findings.Count == 0)
        {
            terminal.Console.MarkupLine("[green]Nothing is missing.[/]");
            return;
        }
        foreach (var finding in report.Findings)
        {
            var (label, colour) = finding.Severity switch
            {
                Severity.Broken => ("broken", "red"),
                Severity.Slow => ("slow", "yellow"),
                _ => ("could be better", "blue"),
            };
            terminal.Console.MarkupLine($"[{colour}]{label}[/]");
            foreach (var text in new[] { finding.Missing, finding.Remedy })
                terminal.Out.WriteLine("  " + RunningText.Wrap(text, terminal.Width, indent: 2));
        }
    }

    private static string Short(string revision) => revision.Length > 10 ? revision[..10] : revision;

    private static string Count(int count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";

    private static string Unqualified(string operatorName) => operatorName["aten::".Length..];
}
