using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
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

        AssertBlocks(expected, block, ids, text => [.. MemoryMarshal.AsBytes<int>([.. text, -1])]);
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("models/stories260k")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void Decode_HundredThousandEncodedTexts_GivesTheReferencesTexts(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Golden("text", "corpus.json")));
        var tokenizer = RealTokenizers.Get(name);
        var block = golden.RootElement.GetProperty("block").GetInt32();
        var expected = golden.RootElement.GetProperty("decoded").GetProperty(name).Deserialize<string[]>()!;

        var decoded = new string[Texts.Value.Count];
        Parallel.For(0, decoded.Length, i => decoded[i] = tokenizer.Decode(
            tokenizer.Encode(Texts.Value[i], addSpecialTokens: false), skipSpecialTokens: false));

        AssertBlocks(expected, block, decoded, text => [.. Encoding.UTF8.GetBytes(text), 0xFF]);
        // Not all of them: SentencePiece writes spaces as U+2581, and Pythia composes accents (NFC).
        Assert.Equal(
            golden.RootElement.GetProperty("round_trips").GetProperty(name).GetInt32(),
            decoded.Zip(Texts.Value).Count(pair => pair.First == pair.Second));
    }

    /// <summary>
    /// Holds the first half of the SHA-256 of each block of <paramref name="results"/> to the reference's.
    /// </summary>
    private static void AssertBlocks<T>(
        string[] expected, int block, IReadOnlyCollection<T> results, Func<T, byte[]> bytesOf)
    {
        var different = new List<int>();
        for (var i = 0; i < expected.Length; i++)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var result in results.Skip(i * block).Take(block))
                hash.AppendData(bytesOf(result));
            if (Convert.ToHexStringLower(hash.GetHashAndReset())[..16] != expected[i])
                different.Add(i);
        }
        Assert.True(different.Count == 0,
            $"{different.Count} of {expected.Length} blocks differ: {string.Join(' ', different.Take(50))}");
    }
}
