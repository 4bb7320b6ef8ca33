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
        using var expected = SafetensorsFile.Open(Repository.Golden(expectedFile));
        using var weights = ModelWeights.Open(Repository.Golden(file));
        Assert.Equal(expected.Tensors.Select(info => info.Name).Order(), weights.Tensors.Select(info => info.Name).Order());
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
        using var weights = ModelWeights.Open(Repository.Golden("views.pt"));
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
        using var weights = ModelWeights.Open(Repository.Golden("views.pt"));
        Assert.Equal("base", Assert.Single(weights.Aliases, pair => pair.Key == "tied").Value);
        Assert.DoesNotContain("transposed", weights.Aliases.Keys);
    }

    [Fact]
    public void Open_ANewerVersionsFile_GivesItsNumbers()
    {
        using var weights = ModelWeights.Open(Repository.Golden("newer.pt"));
        Assert.Equal("a U16 [2, 2]", Assert.Single(weights.Tensors).ToString());
        Assert.Equal([1, 0, 2, 0, 3, 0, 255, 255], weights["a"].ReadAll());
    }

    [Fact]
    public void Open_AFileThatWouldRunCode_IsRefusedByName()
    {
        var error = Assert.Throws<BadInputException>(() => ModelWeights.Open(Repository.Golden("exploit.pt")));
        Assert.Contains("posix.system", error.Message);
        Assert.Contains("safetensors", error.Message);
    }

    [Fact]
    public void Open_AFileThatWouldRunCodeInOpaqueMode_KeepsAnInertObject()
    {
        using var archive = TorchArchive.Open(Repository.Golden("exploit.pt"), opaque: true);
        var hook = Assert.IsType<PickleObject>(Assert.IsType<PickleDictionary>(archive.Root)["hook"]);
        Assert.Equal("posix.system", hook.Type!.ToString());
        Assert.Equal(["true"], hook.Arguments);
    }

    [Theory]
    [InlineData("types.pt", "truncated")]
    [InlineData("legacy.pt", "legacy.pt")]
    public void Open_ATruncatedFile_SaysSo(string file, string expected)
    {
        var bytes = File.ReadAllBytes(Repository.Golden(file));
        File.WriteAllBytes(_folder[file], bytes[..(bytes.Length - 100)]);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder[file])).Message);
    }

    [Fact]
    public void VerifyChecksums_AChangedByte_NamesTheEntry()
    {
        var bytes = File.ReadAllBytes(Repository.Golden("types.pt"));
        using (var good = TorchWeightFile.Open(Repository.Golden("types.pt")))
            good.VerifyChecksums(default);
        using (var archive = TorchWeightFile.Open(Repository.Golden("types.pt")))
        {
            var data = archive["torch.float64"].ReadAll();
            bytes[bytes.AsSpan().IndexOf(data)] ^= 1;
        }
        File.WriteAllBytes(_folder["x.pt"], bytes);
        using var file = TorchWeightFile.Open(_folder["x.pt"]);
        Assert.Contains("data/0", Assert.Throws<BadInputException>(() => file.VerifyChecksums(default)).Message);
    }

    [Theory]
    [InlineData("types.pt", 20_000)]
    [InlineData("views.pt", 25_000)]
    [InlineData("legacy.pt", 15_000)]
    [InlineData("newer.pt", 10_000)]
    public void Open_MutatedFiles_AreReadOrRefused(string name, int rounds)
    {
        var good = File.ReadAllBytes(Repository.Golden(name));
        var random = new Random(rounds);
        var refused = 0;
        for (var round = 0; round < rounds; round++)
        {
            var bad = (byte[])good.Clone();
            if (random.Next(5) == 0)
                bad = bad[..random.Next(bad.Length)];
            for (var i = random.Next(1, 4); i > 0 && bad.Length > 0; i--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(_folder["bad.pt"], bad);
            try
            {
                using var file = TorchWeightFile.Open(_folder["bad.pt"]);
                foreach (var info in file.Tensors.Where(info => info.ByteLength < 1 << 16))
                    Assert.Equal(file[info.Name].ReadAll(), file.Map(info.Name).Bytes);
            }
            catch (BadInputException e)
            {
                Assert.Contains("bad.pt", e.Message);
                refused++;
            }
        }
        Assert.InRange(refused, rounds / 10, rounds - 1);
    }
}
