using System.Runtime.Intrinsics.X86;

namespace Caravan.Torch;

/// <summary>What this machine's processor offers to tensor code.</summary>
public static class CpuFeatures
{
    /// <summary>The name that ATen gives to the widest vector code it has for this processor.</summary>
    public static string AtenCapability =>
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported ? "avx512"
        : Avx2.IsSupported ? "avx2"
        : "default";

    /// <summary>The name of OpenBLAS's kernels for this processor's vectors; null where it has none that are wide.
    /// OpenBLAS goes by a table of processors, and on one that came after it takes kernels of 2004, at a quarter of the
    /// speed.</summary>
    public static string? OpenBlasCore => AtenCapability switch
    {
        "avx512" => "SKYLAKEX",
        "avx2" when Fma.IsSupported => "HASWELL",
        _ => null,
    };

    /// <summary>Cores that compute independently, of those this process may use; hardware threads of one core count
    /// once.</summary>
    public static int PhysicalCores { get; } = CountPhysicalCores();

    /// <summary>
    /// Vector and matrix extensions by their names in /proc/cpuinfo; empty where that file is absent.
    /// </summary>
    public static IReadOnlyList<string> Extensions { get; } = ReadExtensions();

    /// <summary>Whether the processor multiplies bf16 itself; without that, bf16 matrix products are slower than fp32.
    /// </summary>
    public static bool MultipliesBFloat16 => Extensions.Contains("avx512_bf16") || Extensions.Contains("amx_bf16");

    private static int CountPhysicalCores()
    {
        const string root = "/sys/devices/system/cpu";
        var cores = new HashSet<string>();
        if (Directory.Exists(root))
        {
            foreach (var cpu in Directory.EnumerateDirectories(root, "cpu*"))
            {
                var siblings = Path.Combine(cpu, "topology", "thread_siblings_list");
                if (File.Exists(siblings))
                    cores.Add(File.ReadAllText(siblings).Trim());
            }
        }
        return cores.Count == 0 ? Environment.ProcessorCount : Math.Min(cores.Count, Environment.ProcessorCount);
    }

    private static string[] ReadExtensions()
    {
        if (!File.Exists("/proc/cpuinfo"))
            return [];
        var flags = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal));
        return flags is null ? [] : [.. flags.Split(' ').Where(flag =>
            flag.StartsWith("avx", StringComparison.Ordinal) || flag.StartsWith("amx", StringComparison.Ordinal)
            || flag is "fma" or "f16c").Order(StringComparer.Ordinal)];
    }
}
