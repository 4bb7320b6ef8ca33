using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Caravan.Text.Tests;

/// <summary>More than 100,000 texts against the references, block by block (tests/golden/text/make_corpus.*).</summary>
public sealed class CorpusTests
{
    private static readonly Lazy<List<string>> Texts = new(CorpusTexts.All);

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("models/stories260k")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void EncodeBatch_HundredThousandTexts_GivesTheReferencesIds(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Golden("text", "corpus.json")));
        var tokenizer = RealTokenizers.Get(name);
        var block = golden.RootElement.GetProperty("block").GetInt32();
        var expected = golden.RootElement.GetProperty("hashes").GetProperty(name).Deserialize<string[]>()!;
        Assert.Equal(golden.RootElement.GetProperty("texts").GetInt32(), Texts.Value.Count);
        Assert.True(Texts.Value.Count > 100_000);

        var ids = tokenizer.EncodeBatch(Texts.Value, addSpecialTokens: false, TestContext.Current.CancellationToken);

        var different = new List<int>();
        for (var i = 0; i < expected.Length; i++)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var text in ids.Skip(i * block).Take(block))
                hash.AppendData(MemoryMarshal.AsBytes<int>([.. text, -1]));
            if (Convert.ToHexStringLower(hash.GetHashAndReset())[..16] != expected[i])
                different.Add(i);
        }
        Assert.True(different.Count == 0,
            $"{different.Count} of {expected.Length} blocks differ: {string.Join(' ', different.Take(50))}");
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void Decode_EveryThirdText_GivesTheTextBack(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        // SentencePiece writes spaces as U+2581, so one in the text comes back as a space.
        var texts = Texts.Value.Where((text, i) => i % 3 == 0 && !text.Contains('\u2581')).ToArray();

        var decoded = new string[texts.Length];
        Parallel.For(0, texts.Length, i => decoded[i] = tokenizer.Decode(tokenizer.Encode(texts[i])));

        Assert.Equal(texts, decoded);
    }
}
