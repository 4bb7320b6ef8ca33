using System.Text.Json.Nodes;

namespace Caravan.Text.Tests;

/// <summary>A text that no pre-tokenizer splits is cut all the same, and nobody may see it.</summary>
public sealed class MergeBoundariesTests
{
    private const string Alphabet = "ab\u2581cdx";

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Encode_RandomModelsWithoutWords_GiveTheIdsOfTheWholeText(bool hasUnknown, bool fuses)
    {
        var random = new Random(21);
        for (var round = 0; round < 60; round++)
        {
            var model = RandomModel(random, hasUnknown, fuses);
            using var cutFolder = Write(model, null);
            // A splitter that never finds anything: the text stays one word.
            using var wholeFolder = Write(model, JsonNode.Parse(
                """{"type": "Split", "pattern": {"String": "never"}, "behavior": "Isolated", "invert": false}""")!);
            var (cut, whole) = (Tokenizer.Load(cutFolder.Path), Tokenizer.Load(wholeFolder.Path));
            for (var i = 0; i < 60; i++)
            {
                var text = new string(random.GetItems<char>("ab\u2581\u2581cdxyz\u20ac", random.Next(1, 60)));
                Assert.Equal(whole.Encode(text), cut.Encode(text));
                var (ids, offsets) = cut.EncodeWithOffsets(text);
                Assert.Equal(whole.EncodeWithOffsets(text).Offsets, offsets);
                Assert.Equal(whole.Encode(text), ids);
            }
        }
    }

    /// <summary>Tokens made by joining earlier ones; sometimes a ▁ comes to stand inside one.</summary>
    private static JsonObject RandomModel(Random random, bool hasUnknown, bool fuses)
    {
        var tokens = new List<string>(Alphabet.Select(c => $"{c}"));
        var merges = new JsonArray();
        for (var i = 0; i < 25; i++)
        {
            var (left, right) = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            if (random.Next(4) > 0 && right.Contains('\u2581'))
                continue;
            if (!tokens.Contains(left + right))
                tokens.Add(left + right);
            merges.Add($"{left} {right}");
        }
        if (hasUnknown)
            tokens.Add("<unk>");
        return new JsonObject
        {
            ["type"] = "BPE",
            ["unk_token"] = hasUnknown ? "<unk>" : null,
            ["fuse_unk"] = fuses,
            ["vocab"] = new JsonObject(tokens.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id))),
            ["merges"] = merges,
        };
    }

    private static TemporaryFolder Write(JsonObject model, JsonNode? preTokenizer)
    {
        var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", new JsonObject
        {
            ["pre_tokenizer"] = preTokenizer,
            ["model"] = model.DeepClone(),
        }.ToJsonString());
        return folder;
    }
}
