using System.Security.Cryptography;
using Caravan.Data.Lineage;

namespace Caravan.Data.Tests.Lineage;

public sealed class HashedOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A file that ends in its first block, in the page cache, behind it in the middle of a block, and behind
    /// it with a whole one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(64 << 20)]
    [InlineData((67 << 20) + 4097)]
    [InlineData(68 << 20)]
    public void Finish_AFileOfAnyLength_HasItsBytesAndTheirHash(int length)
    {
        var bytes = new byte[length];
        new Random(3).NextBytes(bytes);
        var path = _folder.In("out.bin");
        ManifestFile described;
        using (var file = new FileStream(path, FileMode.Create))
        using (var output = new HashedOutput(file))
        {
            for (var start = 0; start < length; start += 100_003)
                output.Write(bytes.AsSpan(start, Math.Min(100_003, length - start)));
            described = output.Finish("out.bin");
        }

        Assert.Equal(
            new ManifestFile("out.bin", null, length, Convert.ToHexStringLower(SHA256.HashData(bytes))), described);
        Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(path)));
    }

    [Fact]
    public void Finish_WhereTheDiskIsFull_IsAnError()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
        using var output = new HashedOutput(file);
        for (var i = 0; i < 100; i++)
            output.Write(new byte[1 << 20]);

        Assert.Throws<IOException>(() => output.Finish("full"));
    }
}
