using System.Runtime.InteropServices;
using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>The libtorch that is loaded: its version, its build and what it can do.</summary>
public static class Libtorch
{
    /// <summary>For example <c>1.13.0</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8(NativeMethods.cv_version())!;

    /// <summary>libtorch's own description of how it was built, several lines.</summary>
    public static string BuildConfiguration => Marshal.PtrToStringUTF8(NativeMethods.cv_build_configuration())!;

    /// <summary>Threads that one operator may use.</summary>
    public static int Threads
    {
        get => NativeMethods.cv_threads();
        set => NativeMethods.Check(NativeMethods.cv_set_threads(value));
    }

    /// <summary>CUDA devices that can be used; 0 without CUDA.</summary>
    public static int CudaDeviceCount => NativeMethods.cv_cuda_device_count();

    /// <summary>Whether processes can exchange tensors through Gloo (CPU).</summary>
    public static bool HasGloo => NativeMethods.cv_has_gloo() != 0;

    /// <summary>Whether processes can exchange tensors through NCCL (CUDA).</summary>
    public static bool HasNccl => NativeMethods.cv_has_nccl() != 0;

    /// <summary>Seeds the generators that operators use when they are given none.</summary>
    public static void ManualSeed(long seed) => NativeMethods.Check(NativeMethods.cv_manual_seed((ulong)seed));
}
