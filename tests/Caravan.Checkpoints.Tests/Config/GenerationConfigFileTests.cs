namespace Caravan.Checkpoints.Tests;

public sealed class GenerationConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"eos_token_id": 2, "pad_token_id": 0}""", new[] { 2 }, 0)]
    [InlineData("""{"eos_token_id": [128001, 128009]}""", new[] { 128001, 128009 }, null)]
    [InlineData("{}", new int[0], null)]
    public void Find_IntegerOrList_GivesTheIds(string text, int[] eos, int? pad)
    {
        File.WriteAllText(_folder["generation_config.json"], text);
        var config = GenerationConfigFile.Find(_folder.Path)!;
        Assert.Equal(eos, config.EosTokenIds);
        Assert.Equal(pad, config.PadTokenId);
    }

    [Fact]
    public void Find_NoFile_IsNull() => Assert.Null(GenerationConfigFile.Find(_folder.Path));

    [Fact]
    public void Write_OneIdOrSeveral_WritesIntegerOrList()
    {
        var config = GenerationConfigFile.Create();
        config.EosTokenIds = [2];
        config.Write(_folder.Path);
        Assert.Equal("{\n  \"eos_token_id\": 2\n}\n", File.ReadAllText(_folder["generation_config.json"]));
        config.EosTokenIds = [2, 3];
        config.Write(_folder.Path);
        Assert.Equal([2, 3], GenerationConfigFile.Find(_folder.Path)!.EosTokenIds);
    }
}
