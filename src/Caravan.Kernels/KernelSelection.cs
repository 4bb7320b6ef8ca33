using System.Runtime.Intrinsics;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// Decides what computes an operation: SIMD code written for it, or a composition of libtorch's operators, which runs
/// on every device and in every type.
/// </summary>
public static class KernelSelection
{
    /// <summary>Environment variable; <c>composition</c> switches the SIMD code off, <c>simd</c> leaves it alone in
    /// charge, without tile registers.</summary>
    public const string Variable = "CARAVAN_KERNELS";

    /// <summary>Whether tensors on the CPU in fp32 or bf16 are given to the SIMD code; else to compositions.</summary>
    public static bool SimdEnabled { get; set; } =
        Environment.GetEnvironmentVariable(Variable) != "composition" && Vector256.IsHardwareAccelerated;

    /// <summary>Whether products of bf16 matrices that are given to the SIMD code use tile registers.</summary>
    public static bool TilesEnabled { get; set; } =
        Environment.GetEnvironmentVariable(Variable) != "simd" && BFloat16Tiles.Available;

    /// <summary>Bits of the vectors that the SIMD code uses on this processor.</summary>
    public static int VectorBits =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>One line for each device and type about what computes there, for <c>doctor</c>.</summary>
    public static IReadOnlyList<string> Describe()
    {
        var simd = SimdEnabled
            ? $"SIMD code, {VectorBits}-bit vectors, {Libtorch.Threads} threads"
            : "compositions of libtorch's operators";
        return
        [
            $"cpu, fp32 and bf16: {simd}",
            $"cpu, bf16 products: {(SimdEnabled && TilesEnabled ? "tile registers (AMX)" : "libtorch")}",
            "cpu, other types: compositions of libtorch's operators",
            .. Libtorch.CudaDeviceCount > 0 ? ["cuda: compositions of libtorch's operators"] : Array.Empty<string>(),
        ];
    }

    /// <summary>Whether SIMD code computes on these tensors: all on the CPU, all of one type, fp32 or bf16.</summary>
    internal static bool UsesSimd(Tensor first, params ReadOnlySpan<Tensor> others)
    {
        if (!SimdEnabled || !first.Device.IsCpu || first.Dtype is not (Dtype.Float32 or Dtype.BFloat16))
            return false;
        foreach (var other in others)
        {
            if (!other.Device.IsCpu || other.Dtype != first.Dtype)
                return false;
        }
        return true;
    }
}
