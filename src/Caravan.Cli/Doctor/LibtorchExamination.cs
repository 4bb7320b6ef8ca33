using System.Diagnostics;
using System.Text.RegularExpressions;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Cli.Doctor;

/// <summary>Asks libtorch what it is and measures it.</summary>
internal static partial class LibtorchExamination
{
    private const int MatmulSize = 512;
    private const int MatmulRepeats = 10;

    private static readonly string[] FusedOperatorNames =
        ["aten::scaled_dot_product_attention", "aten::rms_norm", "aten::_fused_adamw_"];

    /// <exception cref="DllNotFoundException">libtorch, or the library that binds it, cannot be loaded.</exception>
    public static LibtorchFacts Run()
    {
        var build = Libtorch.BuildConfiguration;
        var speeds = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["bf16"] = MeasureMatmul(Dtype.BFloat16),
            ["fp32"] = MeasureMatmul(Dtype.Float32),
        };
        // Only now, because the BLAS may be loaded by the first product.
        var libraries = ReadLoadedLibraries();
        return new LibtorchFacts(
            Libtorch.Version,
            Path.GetDirectoryName(libraries.FirstOrDefault(path => path.Contains("libtorch_cpu"))) ?? "unknown folder",
            Libtorch.Threads,
            NameBlas(libraries, build),
            Find(OneDnnVersion(), build),
            Find(OpenMpVersion(), build),
            Find(Capability(), build) ?? CpuFeatures.AtenCapability,
            Libtorch.CudaDeviceCount,
            Libtorch.HasGloo,
            Libtorch.HasNccl,
            FusedOperatorNames.ToDictionary(name => name, name => new Operator(name).Exists),
            speeds,
            KernelSelection.Describe());
    }

    /// <summary>The best of several runs, in GFLOP/s: other processes can only make it look slower.</summary>
    private static double MeasureMatmul(Dtype dtype)
    {
        using var scope = new TensorScope();
        var a = Tensor.ones([MatmulSize, MatmulSize], dtype);
        var best = double.MaxValue;
        for (var i = 0; i < MatmulRepeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var product = a.matmul(a);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return 2.0 * MatmulSize * MatmulSize * MatmulSize / best / 1e9;
    }

    private static string[] ReadLoadedLibraries() => !File.Exists("/proc/self/maps") ? [] :
        [.. File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is >= 0 and var start ? line[start..] : "")
            .Where(path => path.Contains(".so", StringComparison.Ordinal)).Distinct()];

    private static string NameBlas(string[] libraries, string build)
    {
        bool Loaded(string part) => libraries.Any(path => path.Contains(part, StringComparison.OrdinalIgnoreCase));
        return Loaded("openblas") ? "OpenBLAS"
            : Loaded("libmkl") || build.Contains("Math Kernel Library", StringComparison.Ordinal) ? "MKL"
            : Loaded("libblis") ? "BLIS"
            : Loaded("libatlas") || Loaded("/atlas/") ? "ATLAS"
            : Loaded("libblas") ? "reference BLAS"
            : "built in";
    }

    private static string? Find(Regex pattern, string text) =>
        pattern.Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"MKL-DNN v(\S+)")]
    private static partial Regex OneDnnVersion();

    [GeneratedRegex(@"OpenMP \d+ \(a\.k\.a\. OpenMP (\S+)\)")]
    private static partial Regex OpenMpVersion();

    [GeneratedRegex(@"CPU capability usage: (\S+)")]
    private static partial Regex Capability();
}
