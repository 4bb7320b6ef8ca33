using System.Text.Json;

namespace Caravan.Text.Tests;

/// <summary>Ids against SentencePiece's own and Hugging Face's tokenizers (scripts in tests/golden/text).</summary>
public sealed class TokenizerGoldenTests
{
    [Theory]
    [InlineData("sentencepiece.json", "tokenizers/llama2")]
    [InlineData("sentencepiece.json", "models/stories260k")]
    [InlineData("tokenizers.json", "tokenizers/pythia")]
    [InlineData("tokenizers.json", "tokenizers/olmo2")]
    [InlineData("tokenizers.json", "tokenizers/opt")]
    [InlineData("tokenizers.json", "tokenizers/opt with add_prefix_space")]
    public void Encode_TextsOfEveryKind_GivesTheReferencesIds(string golden, string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        var texts = Read<string[]>("strings.json");
        var expected = Read<Dictionary<string, int[][]>>(golden)[name];

        Assert.Equal(texts.Length, expected.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            var ids = tokenizer.Encode(texts[i], addSpecialTokens: false);
            Assert.True(expected[i].AsSpan().SequenceEqual(ids),
                $"{JsonSerializer.Serialize(texts[i])}: expected {string.Join(' ', expected[i])}, " +
                $"got {string.Join(' ', ids)}");
        }
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("models/stories260k")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void Decode_EncodedText_GivesTheTextBack(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        foreach (var text in Read<string[]>("strings.json"))
        {
            // SentencePiece writes spaces as U+2581, so one in the text comes back as a space; and stories260k's
            // model collapses spaces.
            if (text.Contains('\u2581') || (name == "models/stories260k"
                && text != string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries))))
                continue;
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("models/stories260k")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void EncodeWithOffsets_AnyText_GivesTheSameIdsAndCoversTheText(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        foreach (var text in Read<string[]>("strings.json"))
        {
            var (ids, offsets) = tokenizer.EncodeWithOffsets(text);

            Assert.Equal(tokenizer.Encode(text), ids);
            Assert.Equal(ids.Length, offsets.Length);
            var covered = new bool[text.Length];
            for (var i = 0; i < offsets.Length; i++)
            {
                Assert.InRange(offsets[i].Start, i == 0 ? 0 : offsets[i - 1].Start, offsets[i].End);
                covered.AsSpan(offsets[i].Start, offsets[i].Length).Fill(true);
            }
            if (name != "models/stories260k")
                Assert.All(covered, Assert.True);
        }
    }

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/olmo2")]
    [InlineData("tokenizers/opt")]
    public void StreamingDecoder_IdById_GivesTheWholeTextWithoutBrokenCharacters(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        foreach (var text in Read<string[]>("strings.json"))
        {
            var ids = tokenizer.Encode(text);
            var decoder = tokenizer.CreateStreamingDecoder();
            var parts = ids.Select(decoder.Append).Append(decoder.Flush()).ToList();

            Assert.Equal(tokenizer.Decode(ids), string.Concat(parts));
            Assert.All(parts, part => Assert.True(part.Length == 0 || !char.IsHighSurrogate(part[^1])));
            if (!text.Contains('\ufffd'))
                Assert.All(parts, part => Assert.DoesNotContain('\ufffd', part));
        }
    }

    [Fact]
    public void Encode_PromptsOfStories260k_GivesTheModelsIds()
    {
        var tokenizer = RealTokenizers.Get("models/stories260k");
        using var expected =
            JsonDocument.Parse(File.ReadAllText(Repository.SharedData("models/stories260k/expected.json")));

        foreach (var example in expected.RootElement.GetProperty("greedy").EnumerateArray())
        {
            var prompt = example.GetProperty("prompt_ids").Deserialize<int[]>()!;
            var generated = example.GetProperty("new_ids").Deserialize<int[]>()!;
            Assert.Equal(prompt, tokenizer.Encode(example.GetProperty("prompt").GetString()!));
            Assert.Equal(example.GetProperty("text").GetString(), tokenizer.Decode([.. prompt, .. generated]));
        }
    }

    private static T Read<T>(string name) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(Repository.Golden("text", name)))!;
}
