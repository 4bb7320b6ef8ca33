using Caravan.Files;

namespace Caravan.Text.Tests;

public sealed class TokenizerLoadTests
{
    [Fact]
    public void Load_Llama2_HasItsSpecialTokens()
    {
        var tokenizer = RealTokenizers.Llama2;

        Assert.Equal(32000, tokenizer.VocabularySize);
        Assert.Equal((1, 2, null, 0),
            (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId, tokenizer.UnknownTokenId));
        Assert.Equal(("<s>", "</s>"), (tokenizer.BosToken, tokenizer.EosToken));
    }

    [Fact]
    public void Load_Pythia_CountsItsAddedTokens()
    {
        Assert.Equal(50277, RealTokenizers.Pythia.VocabularySize);
        Assert.Equal("<|endoftext|>", RealTokenizers.Pythia.EosToken);
    }

    [Theory]
    [InlineData("tokenizers/llama2", 32000)]
    [InlineData("tokenizers/pythia", 50277)]
    [InlineData("tokenizers/olmo2", 100278)]
    public void WithPadToken_NewToken_TakesTheNextIdAndSurvivesSaving(string name, int id)
    {
        using var folder = new TemporaryFolder();
        RealTokenizers.Get(name).WithPadToken("<pad>").Save(folder.Path);
        var tokenizer = Tokenizer.Load(folder.Path);

        Assert.Equal((id, id + 1), (tokenizer.PadTokenId, tokenizer.VocabularySize));
        Assert.Equal([id], tokenizer.Encode("<pad>", addSpecialTokens: false));
        Assert.Equal(RealTokenizers.Get(name).Encode("a plain text"), tokenizer.Encode("a plain text"));
    }

    [Fact]
    public void WithPadToken_TokenThatExists_AddsNothing()
    {
        var tokenizer = RealTokenizers.Opt.WithUnknownToken("<unk>");

        Assert.Equal((3, 1, 50265), (tokenizer.UnknownTokenId, tokenizer.PadTokenId, tokenizer.VocabularySize));
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("models/stories260k")]
    [InlineData("tokenizers/olmo2")]
    public void Save_UnchangedTokenizer_WritesTheSameBytes(string name)
    {
        using var folder = new TemporaryFolder();
        RealTokenizers.Get(name).Save(folder.Path);

        foreach (var path in Directory.GetFiles(folder.Path))
            Assert.Equal(File.ReadAllBytes(Repository.SharedData(Path.Combine(name, Path.GetFileName(path)))),
                File.ReadAllBytes(path));
    }

    [Fact]
    public void Encode_OptWithItsConfiguration_PutsTheBeginningInFront() =>
        Assert.Equal(2, RealTokenizers.Opt.Encode("Hi")[0]);

    [Theory]
    [InlineData("{\"tokenizer_class\": 3}", "tokenizer_class")]
    [InlineData("{\"legacy\": \"yes\"}", "legacy")]
    [InlineData("[1]", "expected an object")]
    [InlineData("{\"bos_token\": ", "line 1")]
    public void Load_WrongConfiguration_NamesFileAndKey(string config, string expected)
    {
        using var folder = new TemporaryFolder();
        File.Copy(
            Repository.SharedData("models/stories260k/tokenizer.model"), Path.Combine(folder.Path, "tokenizer.model"));
        folder.Write("tokenizer_config.json", config);

        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(folder.Path));

        Assert.Contains("tokenizer_config.json", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Load_FolderWithoutTokenizer_SaysWhatIsExpected()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(folder.Path));

        Assert.Contains("tokenizer.json", error.Message);
        Assert.Contains(folder.Path, error.Message);
    }

    [Fact]
    public void Load_MissingFolder_IsBadInput() =>
        Assert.Throws<BadInputException>(() => Tokenizer.Load("/no/such/folder"));

    [Fact]
    public void Encode_ManyThreads_GiveTheSameIds()
    {
        var tokenizer = RealTokenizers.Llama2;
        var texts = Enumerable.Range(0, 200).Select(i =>
            $"Caravan number {i} carries {i * i} bales of silk.").ToArray();
        var expected = texts.Select(text => tokenizer.Encode(text)).ToArray();

        Parallel.For(0, 2000, i => Assert.Equal(expected[i % 200], tokenizer.Encode(texts[i % 200])));
    }
}
