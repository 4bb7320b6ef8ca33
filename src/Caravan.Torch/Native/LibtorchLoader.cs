using System.Runtime.InteropServices;

namespace Caravan.Torch.Native;

/// <summary>
/// Finds and loads <c>libcaravan_torch.so</c>, and sets what libtorch and OpenBLAS read from the environment only once,
/// when they are loaded: the widest vector instructions, threads that sleep while they wait, one thread per physical
/// core. A variable that is set already stays as it is.
/// </summary>
internal static partial class LibtorchLoader
{
    /// <summary>Must run before the first call into the library.</summary>
    internal static void Prepare()
    {
        SetDefault("ATEN_CPU_CAPABILITY", CpuFeatures.AtenCapability);
        if (CpuFeatures.OpenBlasCore is { } core)
            SetDefault("OPENBLAS_CORETYPE", core);
        // Spinning OpenMP threads would take the cores from the C# threads between two operators.
        SetDefault("OMP_WAIT_POLICY", "passive");
        SetDefault("OMP_NUM_THREADS", CpuFeatures.PhysicalCores.ToString());
        SetDefault("OPENBLAS_NUM_THREADS", Environment.GetEnvironmentVariable("OMP_NUM_THREADS")!);
        KeepFreedMemory();
        NativeLibrary.SetDllImportResolver(typeof(LibtorchLoader).Assembly, (name, assembly, searchPath) =>
            name == NativeMethods.Library ? Load() : NativeLibrary.Load(name, assembly, searchPath));
    }

    // glibc gives blocks above 128 KiB back to the system when they are freed, and every new tensor pays for fresh
    // pages.
    // Kept, they serve the next tensor: an activation's memory is used again at every step. Its threshold cannot be
    // raised beyond 32 MiB, so that no block at all may have a mapping of its own.
    private static void KeepFreedMemory()
    {
        const int trimThreshold = -1, mostMappings = -4, never = -1;
        if (Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name =>
            name.StartsWith("MALLOC_", StringComparison.Ordinal)))
            return;
        _ = mallopt(mostMappings, 0);
        _ = mallopt(trimThreshold, never);
    }

    private static nint Load()
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"lib{NativeMethods.Library}.so");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException(
                $"{path} cannot be loaded: {error.Message.ReplaceLineEndings(" ")} It is built together with Caravan " +
                "against libtorch. On Debian or Ubuntu run 'apt-get install libtorch-dev libgloo-dev " +
                "libopenblas0-pthread g++ cmake make', elsewhere point CARAVAN_LIBTORCH to a libtorch or to a Python " +
                "environment's torch folder, and build again.");
        }
    }

    private static void SetDefault(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is null)
        {
            // .NET keeps its own copy of the environment; native code sees only the process's.
            _ = setenv(name, value, overwrite: 1);
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
