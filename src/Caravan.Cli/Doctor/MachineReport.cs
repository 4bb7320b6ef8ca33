using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Cli.Doctor;

/// <summary>What was found on this machine.</summary>
/// <param name="Revision">The commit that Caravan was built from, if known.</param>
/// <param name="MemoryBytes">Memory that this process may use: the machine's, or less inside a container.</param>
/// <param name="Libtorch">Null if it cannot be loaded; a finding then says why.</param>
internal sealed record MachineReport(
    string Caravan,
    string? Revision,
    string Dotnet,
    string OperatingSystem,
    string Kernel,
    string Processor,
    IReadOnlyList<string> ProcessorExtensions,
    int PhysicalCores,
    long MemoryBytes,
    long MemoryAvailableBytes,
    string Directory,
    long DiskFreeBytes,
    IReadOnlyList<string> Gpus,
    LibtorchFacts? Libtorch,
    IReadOnlyList<Finding> Findings)
{
    /// <summary>Indented JSON with snake_case keys.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MachineReportJson.Readable.MachineReport);
}

/// <summary>The libtorch in use.</summary>
/// <param name="Location">The folder it was loaded from.</param>
/// <param name="Blas">The linear algebra library behind fp32 matrix products, as far as it can be told.</param>
/// <param name="OneDnn">Version of oneDNN; null without.</param>
/// <param name="OpenMp">Version of OpenMP; null without.</param>
/// <param name="CpuCapability">The vector instructions that its kernels use.</param>
/// <param name="MatmulGflops">Speed of a 512×512×512 product by element type, in 10⁹ operations per second.</param>
/// <param name="Kernels">What computes the fused operations, for each device and type.</param>
internal sealed record LibtorchFacts(
    string Version,
    string Location,
    int Threads,
    string Blas,
    string? OneDnn,
    string? OpenMp,
    string CpuCapability,
    int CudaDevices,
    bool Gloo,
    bool Nccl,
    IReadOnlyDictionary<string, bool> FusedOperators,
    IReadOnlyDictionary<string, double> MatmulGflops,
    IReadOnlyList<string> Kernels);

/// <summary>Something that is missing, what it costs, and how to get it.</summary>
internal sealed record Finding(Severity Severity, string Missing, string Remedy);

internal enum Severity
{
    /// <summary>Works without; this would make it better.</summary>
    Advice,

    /// <summary>Works, but much slower than it could.</summary>
    Slow,

    /// <summary>Caravan cannot compute without it.</summary>
    Broken,
}

[JsonSerializable(typeof(MachineReport))]
internal sealed partial class MachineReportJson : JsonSerializerContext
{
    /// <summary>With quotes and plus signs as they are: the text is for files and terminals, not for HTML.</summary>
    public static MachineReportJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter<Severity>(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });
}
