using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class TorchWeightFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("types.pt", "types.safetensors")]
    [InlineData("views.pt", "views.safetensors")]
    [InlineData("module.pt", "module.safetensors")]
    [InlineData("legacy.pt", "views.safetensors")]
    public void Open_WhatPyTorchWrote_GivesItsNumbers(string file, string expectedFile)
    {
        using var expected = SafetensorsFile.Open(Repository.Golden("checkpoints", expectedFile));
        using var weights = ModelWeights.Open(Repository.Golden("checkpoints", file));
        Assert.Equal(
            expected.Tensors.Select(info => info.Name).Order(), weights.Tensors.Select(info => info.Name).Order());
        foreach (var info in expected.Tensors)
        {
            Assert.Equal(info.ToString(), weights[info.Name].Info.ToString());
            Assert.Equal(expected[info.Name].ReadAll(), weights[info.Name].ReadAll());
            Assert.Equal(expected[info.Name].ReadAll(), weights.Map(info.Name).Bytes);
        }
    }

    [Fact]
    public void Read_AViewInPieces_EqualsItsWhole()
    {
        using var weights = ModelWeights.Open(Repository.Golden("checkpoints", "views.pt"));
        foreach (var info in weights.Tensors)
        {
            var whole = weights[info.Name].ReadAll();
            var size = info.Type.Size();
            for (var offset = 0; offset < whole.Length; offset += size)
            {
                var piece = new byte[Math.Min(3 * size, whole.Length - offset)];
                weights[info.Name].Read(offset, piece);
                Assert.Equal(whole[offset..(offset + piece.Length)], piece);
            }
        }
    }

    [Fact]
    public void Open_TiedTensors_AreKnownAsOne()
    {
        using var weights = ModelWeights.Open(Repository.Golden("checkpoints", "views.pt"));
        Assert.Equal("base", Assert.Single(weights.Aliases, pair => pair.Key == "tied").Value);
        Assert.DoesNotContain("transposed", weights.Aliases.Keys);
    }

    [Fact]
    public void Open_ANewerVersionsFile_GivesItsNumbers()
    {
        using var weights = ModelWeights.Open(Repository.Golden("checkpoints", "newer.pt"));
        Assert.Equal("a U16 [2, 2]", Assert.Single(weights.Tensors).ToString());
        Assert.Equal([1, 0, 2, 0, 3, 0, 255, 255], weights["a"].ReadAll());
    }

    [Fact]
    public void Open_AFileThatWouldRunCode_IsRefusedByName()
    {
        var error = Assert.Throws<BadInputException>(
            () => ModelWeights.Open(Repository.Golden("checkpoints", "exploit.pt")));
        Assert.Contains("posix.system", error.Message);
        Assert.Contains("safetensors", error.Message);
    }

    [Fact]
    public void Open_AFileThatWouldRunCodeInOpaqueMode_KeepsAnInertObject()
    {
        using var archive = TorchArchive.Open(Repository.Golden("checkpoints", "exploit.pt"), opaque: true);
        var hook = Assert.IsType<PickleObject>(Assert.IsType<PickleDictionary>(archive.Root)["hook"]);
        Assert.Equal("posix.system", hook.Type!.ToString());
        Assert.Equal(["true"], hook.Arguments);
    }

    [Theory]
    [InlineData("types.pt", "truncated")]
    [InlineData("legacy.pt", "legacy.pt")]
    public void Open_ATruncatedFile_SaysSo(string file, string expected)
    {
        var bytes = File.ReadAllBytes(Repository.Golden("checkpoints", file));
        File.WriteAllBytes(_folder[file], bytes[..(bytes.Length - 100)]);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder[file])).Message);
    }

    [Fact]
    public void VerifyChecksums_AChangedByte_NamesTheEntry()
    {
        var bytes = File.ReadAllBytes(Repository.Golden("checkpoints", "types.pt"));
        using (var good = TorchWeightFile.Open(Repository.Golden("checkpoints", "types.pt")))
            good.VerifyChecksums(default);
        using (var archive = TorchWeightFile.Open(Repository.Golden("checkpoints", "types.pt")))
        {
            var data = archive["torch.float64"].ReadAll();
            bytes[bytes.AsSpan().IndexOf(data)] ^= 1;
        }
        File.WriteAllBytes(_folder["x.pt"], bytes);
        using var file = TorchWeightFile.Open(_folder["x.pt"]);
        Assert.Contains("data/0", Assert.Throws<BadInputException>(() => file.VerifyChecksums(default)).Message);
    }

    [Theory]
    [InlineData("types.pt", 6_000)]
    [InlineData("views.pt", 6_000)]
    [InlineData("legacy.pt", 4_000)]
    [InlineData("newer.pt", 4_000)]
    public void Open_MutatedFiles_AreReadOrRefused(string name, int rounds) => Fuzzing.Run(
        File.ReadAllBytes(Repository.Golden("checkpoints", name)), rounds, _folder["bad.pt"], path =>
        {
            using var file = TorchWeightFile.Open(path);
            foreach (var info in file.Tensors.Where(info => info.ByteLength < 1 << 16))
                Assert.Equal(file[info.Name].ReadAll(), file.Map(info.Name).Bytes);
        });

    [Theory]
    [InlineData("zero2/global_step10/zero_pp_rank_1_mp_rank_00_optim_states.pt")]
    [InlineData("zero3/global_step10/zero_pp_rank_1_mp_rank_00_model_states.pt")]
    public void Open_MutatedFilesInOpaqueMode_AreReadOrRefused(string name) => Fuzzing.Run(
        File.ReadAllBytes(Repository.Golden("checkpoints", name)), 3_000, _folder["bad.pt"], path =>
        {
            if (name.Contains("optim"))
                ZeroRank.Open(path).Dispose();
            else
                using (var state = ZeroModelState.Open(path))
                    Assert.NotNull(state.ParameterGroups());
        });

    [Fact]
    public void Open_APickleThatCopiesAListOverAndOver_IsRefused()
    {
        // A list of 100,000 numbers, and then thousands of sets of it: 20 bytes each, 800 kB of memory each.
        var numbers = Enumerable.Repeat((byte)'N', 100_000);
        byte[] copy = [.. "c__builtin__\nset\nh\0"u8, 0x85, (byte)'R'];
        var copies = Enumerable.Repeat(copy, 30_000).SelectMany(bytes => bytes);
        byte[] pickle = [0x80, 2, (byte)']', (byte)'q', 0, (byte)'(', .. numbers, (byte)'e', .. copies, (byte)'.'];
        Assert.Contains("over and over", Assert.Throws<BadInputException>(
            () => PickleReader.Read("x", pickle, opaque: false, id => id!)).Message);
    }

    [Fact]
    public void Open_AZipThatClaimsMoreThanItCanHold_IsRefusedWithoutItsMemory()
    {
        var bytes = File.ReadAllBytes(Repository.Golden("checkpoints", "newer.pt"));
        // The directory's entry of the deflated pickle: its length before compression.
        var entry = bytes.AsSpan().LastIndexOf("archive/data.pkl"u8) - 46;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(entry + 24), 500_000_000);
        File.WriteAllBytes(_folder["x.pt"], bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(
            "500000000 bytes", Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder["x.pt"])).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("../archive/version", "outside the archive")]
    [InlineData("archive\\..\\vers", "outside the archive")]
    public void Open_AnEntryThatPointsOutside_IsRefused(string name, string expected)
    {
        var bytes = File.ReadAllBytes(Repository.Golden("checkpoints", "newer.pt"));
        var place = bytes.AsSpan().LastIndexOf("archive/version"u8);
        System.Text.Encoding.ASCII.GetBytes(name)[..15].CopyTo(bytes, place);
        File.WriteAllBytes(_folder["x.pt"], bytes);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder["x.pt"])).Message);
    }
}
