using System.Buffers.Binary;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_AValidFile_GivesTypesShapesAndBytes()
    {
        var path = Write(
            """{"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2,1],"data_offsets":[4,8]},""" +
            """ "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}} """,
            [0, 0, 128, 63, 1, 0, 255, 255]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["a F32 []", "b I16 [2, 1]"], file.Tensors.Select(info => info.ToString()));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(1f, BitConverter.ToSingle(file.Map("a").Bytes));
        Assert.Equal([1, 0, 255, 255], file["b"].ReadAll());
        Assert.Equal([1, 0, 255, 255], file.Map("b").Bytes.ToArray());
        Assert.Equal([255], file.Map("b").Slice(3, 1).ToArray());
    }

    [Fact]
    public void Open_WithoutMetadataAndTensors_IsEmpty()
    {
        using var file = SafetensorsFile.Open(Write("{}", []));
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Open_AZeroInTheShape_GivesNoBytes()
    {
        using var file = SafetensorsFile.Open(
            Write("""{"a":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}}""", []));
        Assert.Equal(0, file.Map("a").Bytes.Length);
        Assert.Empty(file["a"].ReadAll());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "not valid JSON")]
    [InlineData("""["a"]""", 0, "does not start with '{'")]
    [InlineData(""" {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "does not start with '{'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", 4, "not valid JSON")]
    [InlineData("""{"a":7}""", 0, "'a' in the header is not an object")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2, "'a' is listed twice")]
    [InlineData(
        """{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1,
        "'a': 'dtype' stands twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "'a': 'data_offsets' is missing")]
    [InlineData("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}""", 1, "'a': unsupported dtype 'F4'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "'a': 'shape' holds something else")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "'a': 'shape' holds something else")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "'a': 'shape' is not an array")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0,
        "'a': the product of shape")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", 0,
        "'a': the product of shape")]
    [InlineData(
        """{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,8]}}""", 8,
        "'a': shape [9223372036854775807] exceeds")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4,
        "'a': F32 [2] takes 8 bytes but data_offsets give 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "'a': data_offsets [1, 0] are not")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1,
        "'a': data_offsets [0, 1, 2] are not")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2,
        "'a' begins at byte 1 of the data, but the tensor before it ends at 0: there is a gap")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
        3, "'b' begins at byte 1 of the data, but the tensor before it ends at 2: they overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 3, "tensors up to 'a' need")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 6, "2 bytes follow the last tensor 'a'")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "'format' in __metadata__ is not a string")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "not valid JSON")]
    public void Open_ADamagedHeader_NamesFileAndFault(string header, int dataLength, string expected)
    {
        var path = Write(header, new byte[dataLength]);
        var error = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData(new byte[0], "has 0 bytes")]
    [InlineData(new byte[] { 1, 0, 0 }, "has 3 bytes")]
    [InlineData(new byte[] { 0, 225, 245, 5, 0, 0, 0, 0 }, "needs 100000000 bytes and the file has 0")]
    [InlineData(new byte[] { 1, 225, 245, 5, 0, 0, 0, 0 }, "says it is 100000001 bytes long")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, "at most 100000000 are allowed")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', 0xC3, (byte)'}' }, "not UTF-8")]
    public void Open_BrokenBytes_SaysWhat(byte[] bytes, string expected)
    {
        File.WriteAllBytes(_folder["x.safetensors"], bytes);
        var error = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["x.safetensors"]));
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "Git LFS pointer")]
    [InlineData("<!DOCTYPE html><html><body>Not found</body></html>", "web page")]
    [InlineData("GGUF\u0003\0\0\0\u0001\u0001\u0001\u0001", "GGUF")]
    [InlineData("PK\u0003\u0004\0\0\0\u0001", "zip archive")]
    public void Open_AnotherKindOfFile_NamesIt(string content, string expected)
    {
        File.WriteAllText(_folder["x.safetensors"], content);
        var error = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["x.safetensors"]));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Open_AMissingFile_SaysSo() =>
        Assert.Contains(
            "does not exist", Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["no"])).Message);

    [Fact]
    public void Indexer_AnUnknownName_NamesFileAndTensor()
    {
        var path = Write("{}", []);
        using var file = SafetensorsFile.Open(path);
        var error = Assert.Throws<BadInputException>(() => file["lm_head.weight"]);
        Assert.Contains(path, error.Message);
        Assert.Contains("lm_head.weight", error.Message);
    }

    [Fact]
    public void Read_AFileCutAfterOpening_SaysTruncated()
    {
        var path = Write("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", new byte[4]);
        using var file = SafetensorsFile.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(stream.Length - 1);
        Assert.Contains("truncated", Assert.Throws<BadInputException>(() => file["a"].ReadAll()).Message);
    }

    private string Write(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + json.Length);
        File.WriteAllBytes(_folder["x.safetensors"], bytes);
        return _folder["x.safetensors"];
    }
}
