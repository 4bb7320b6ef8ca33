using System.Runtime.InteropServices;

namespace Caravan.Torch.Tests;

public sealed partial class CpuFeaturesTests
{
    [Fact]
    public void OpenBlas_OnThisProcessor_HasTheKernelsOfItsVectors()
    {
        using var scope = new TensorScope();
        Assert.Equal(8.0, Tensor.ones([8, 8]).matmul(Tensor.ones([8, 8])).max().item()); // loads all there is to load
        if (!NativeLibrary.TryLoad("libopenblas.so.0", out var library))
            Assert.Skip("There is no OpenBLAS here.");
        Assert.SkipWhen(CpuFeatures.OpenBlasCore is null, "The processor has no wide vectors.");
        NativeLibrary.Free(library);
        var name = Marshal.PtrToStringUTF8(CoreName());
        var asked = Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE");
        Assert.Equal(asked ?? CpuFeatures.OpenBlasCore, name, ignoreCase: true);
    }

    [LibraryImport("libopenblas.so.0", EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();
}
