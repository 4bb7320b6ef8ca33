using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>The memory of tensors on the CPU. What they free is kept for the next ones, so that the process has about
/// as much as they had at their peak.</summary>
public static class TensorMemory
{
    /// <summary>Bytes of all CPU tensors. Tensors over mapped files have none of their own.</summary>
    public static long Live => NativeMethods.cv_memory_live();

    /// <summary>The most bytes that there have been at one time since the start, or since <see cref="BeginPeak"/>.
    /// </summary>
    public static long Peak => NativeMethods.cv_memory_peak(0);

    /// <summary>Lets the peak begin anew at what there is.</summary>
    public static void BeginPeak() => NativeMethods.cv_memory_peak(1);
}
