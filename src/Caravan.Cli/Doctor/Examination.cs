using System.Runtime.InteropServices;
using Caravan.Files;
using Caravan.Torch;

namespace Caravan.Cli.Doctor;

/// <summary>Looks at the machine.</summary>
internal static class Examination
{
    private const string NvidiaFolder = "/proc/driver/nvidia/gpus";

    public static MachineReport Run()
    {
        LibtorchFacts? libtorch = null;
        string? problem = null;
        try
        {
            libtorch = LibtorchExamination.Run();
        }
        catch (DllNotFoundException error)
        {
            problem = error.Message;
        }
        var gpus = ReadGpuNames();
        var directory = Environment.CurrentDirectory;
        var (memory, available) = ReadMemory();
        return new MachineReport(
            ProgramVersion.Current,
            ProgramVersion.Revision,
            Environment.Version.ToString(),
            RuntimeInformation.OSDescription,
            Environment.OSVersion.Version.ToString(),
            ReadProcessorName(),
            CpuFeatures.Extensions,
            CpuFeatures.PhysicalCores,
            memory,
            available,
            directory,
            DiskSpace.Free(directory),
            gpus,
            libtorch,
            libtorch is null ? [Diagnosis.LibtorchMissing(problem!)] : Diagnosis.Of(libtorch, gpus.Length));
    }

    private static string ReadProcessorName() => ReadField("/proc/cpuinfo", "model name")
        ?? $"{RuntimeInformation.ProcessArchitecture}";

    private static (long Total, long Available) ReadMemory()
    {
        // The runtime knows the limits of containers; the kernel knows what other processes took.
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var kibibytes = ReadField("/proc/meminfo", "MemAvailable")?.Split(' ')[0];
        return (total, kibibytes is null ? total : Math.Min(total, long.Parse(kibibytes) * 1024));
    }

    private static string[] ReadGpuNames() => !Directory.Exists(NvidiaFolder) ? [] :
        [.. Directory.EnumerateDirectories(NvidiaFolder).Order(StringComparer.Ordinal)
            .Select(gpu => ReadField(Path.Combine(gpu, "information"), "Model") ?? "NVIDIA GPU")];

    // The value of the first line "name : value".
    private static string? ReadField(string path, string name)
    {
        if (!File.Exists(path))
            return null;
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?[(line.IndexOf(':') + 1)..].Trim();
    }
}
