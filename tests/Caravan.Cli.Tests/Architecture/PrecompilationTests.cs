using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Caravan.Cli.Tests.Architecture;

/// <summary>What is compiled ahead of time, see docs/decisions/0009-precompiled.md.</summary>
public sealed class PrecompilationTests
{
    [Theory]
    [InlineData("caravan.dll", true)]
    [InlineData("Caravan.Data.dll", true)]
    [InlineData("Caravan.Text.dll", true)]
    [InlineData("Caravan.Training.dll", true)]
    // Its loops are for the processor that is there.
    [InlineData("Caravan.Kernels.dll", false)]
    public void ReleaseBuild_OfARoom_HasMachineCode(string file, bool precompiled)
    {
        Assert.SkipUnless(IsPrecompiledHere, "Only release builds for Linux on x86-64 and Arm are precompiled.");

        using var assembly = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, file)));

        Assert.Equal(precompiled, assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
    }

    private static bool IsPrecompiledHere =>
#if DEBUG
        false;
#else
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture is Processor.X64 or Processor.Arm64;
#endif
}
