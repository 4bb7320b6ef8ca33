using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Caravan.Torch;

namespace Caravan.Training.Run;

/// <summary>What a run ran on, for the run's record.</summary>
public static class RunEnvironment
{
    public static JsonObject Describe() => new()
    {
        ["caravan"] = typeof(RunEnvironment).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["system"] = RuntimeInformation.OSDescription,
        ["libtorch"] = Libtorch.Version,
        ["threads"] = Libtorch.Threads,
        ["cpu_capability"] = CpuFeatures.AtenCapability,
        ["cuda_devices"] = Libtorch.CudaDeviceCount,
    };
}
