using System.Text;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Text.Tests;

/// <summary>Damaged and malicious files end with an error, or do no harm, in bounded time and memory.</summary>
public sealed class HostileFilesTests
{
    private static readonly string[] Probes = ["", "the camel", "  a\n\u00e9\U0001f42a \ud800 x", "<sep> <s> €€"];

    [Theory]
    [InlineData("unigram-user")]
    [InlineData("bpe-rules")]
    public void SentencePieceModel_CutAnywhere_IsBadInputOrLoads(string name)
    {
        var content = Model(name);
        for (var length = 0; length < content.Length; length += 7)
            LoadOrRefuse("tokenizer.model", content[..length]);
    }

    [Theory]
    [InlineData("unigram-bytes")]
    [InlineData("bpe-user")]
    public void SentencePieceModel_DamagedAnywhere_IsBadInputOrLoads(string name)
    {
        var random = new Random(11);
        for (var round = 0; round < 600; round++)
        {
            var content = Model(name);
            for (var i = 0; i < 4; i++)
                content[random.Next(content.Length)] = (byte)random.Next(256);
            LoadOrRefuse("tokenizer.model", content);
        }
    }

    [Fact]
    public void SentencePieceModel_MessagesInsideMessages_AreNotFollowed()
    {
        // Each message holds the next: a reader that followed them would run out of stack.
        var content = new List<byte>();
        for (var depth = 0; depth < 10_000; depth++)
            content.InsertRange(0, [0x0A, .. Varint(content.Count)]);

        LoadOrRefuse("tokenizer.model", [.. content]);
    }

    [Fact]
    public void SentencePieceModel_LengthsBeyondTheFile_AreRefused()
    {
        byte[][] contents =
            [[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0A, .. Enumerable.Repeat((byte)0xFF, 12)], [0x0B], [0x00]];
        foreach (var content in contents)
            Assert.Throws<BadInputException>(() => Load("tokenizer.model", content));
    }

    [Fact]
    public void TokenizerJson_CutOrDamagedAnywhere_IsBadInputOrLoads()
    {
        var whole = TrainedJson();
        for (var length = 0; length < whole.Length; length += 97)
            LoadOrRefuse("tokenizer.json", whole[..length]);
        var random = new Random(12);
        for (var round = 0; round < 1500; round++)
        {
            var content = whole.ToArray();
            for (var i = 0; i < 3; i++)
                content[random.Next(content.Length)] = (byte)"{}[]\",:\\0x \u0000"[random.Next(12)];
            LoadOrRefuse("tokenizer.json", content);
        }
    }

    [Fact]
    public void TokenizerJson_MillionMerges_LoadsAndEncodes()
    {
        // All words of up to four of 26 letters, and every way to put each together from two others.
        var letters = Enumerable.Range(0, 26).Select(i => $"{(char)('a' + i)}").ToArray();
        List<string> words = [.. letters];
        for (int length = 2, from = 0; length <= 4; length++)
        {
            var until = words.Count;
            for (var i = from; i < until; i++)
                words.AddRange(letters.Select(letter => words[i] + letter));
            from = until;
        }
        var json = new StringBuilder("{\"model\": {\"type\": \"BPE\", \"vocab\": {");
        json.AppendJoin(',', words.Select((word, id) => $"\"{word}\":{id}")).Append("}, \"merges\": [");
        var merges = words.SelectMany(
            word => Enumerable.Range(1, word.Length - 1).Select(i => $"\"{word[..i]} {word[i..]}\""));
        json.AppendJoin(',', merges).Append("]}}");

        var tokenizer = Load("tokenizer.json", Encoding.UTF8.GetBytes(json.ToString()));

        Assert.Equal(475_254, tokenizer.VocabularySize);
        Assert.Equal("zzzz", tokenizer.TokenOf(tokenizer.Encode("zzzz")[0]));
    }

    [Theory]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}""", "\"b\" is not in the vocab")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}""", "is not two tokens")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a", "a"]]}}""", "merge 0")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [7]}}""", "merge 0")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 99999999999}, "merges": []}}""", "vocab.a: expected")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""", "vocab.a: expected a token id")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 1.5}, "merges": []}}""", "vocab.a: expected a token id")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {}, "merges": []}}""", "the vocabulary is empty")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"\ud800": 0}, "merges": []}}""", "surrogate")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}}}""", "\"merges\" is missing")]
    [InlineData("""{"model": {"type": "BPE", "vocab": ["a"], "merges": []}}""", "\"vocab\" is missing, or is no")]
    [InlineData("""{"model": {"type": "BPE", "dropout": 0.1, "vocab": {"a": 0}, "merges": []}}""", "dropout")]
    [InlineData("""{"model": {"type": "Hashing"}}""", "the model type \"Hashing\" is not supported")]
    [InlineData("""[]""", "expected an object")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []} """, "not valid JSON")]
    public void TokenizerJson_Wrong_SaysWhere(string json, string message)
    {
        var error = Assert.Throws<BadInputException>(() => Load("tokenizer.json", Encoding.UTF8.GetBytes(json)));

        Assert.Contains("tokenizer.json", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void TokenizerJson_NestedDeep_IsBadInput()
    {
        var json = $"{{\"model\": {{}}, \"normalizer\": {new string('[', 1_000_000)}";
        Assert.Throws<BadInputException>(() => Load("tokenizer.json", Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void TokenizerJson_NotUtf8_IsBadInput() =>
        Assert.Throws<BadInputException>(() => Load("tokenizer.json", [.. "{\"model\": \""u8, 0xFF, .. "\"}"u8]));

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*b")]
    [InlineData("(a+a+)+b")]
    [InlineData("(?=(a+)+b)a")]
    [InlineData(@"(\w+\s?)+!")]
    public void Pattern_Catastrophic_IsRefusedAtTheText(string pattern)
    {
        var tokenizer = Load("tokenizer.json", WithSplit(pattern));

        var error = Assert.Throws<BadInputException>(() => tokenizer.Encode(new string('a', 5000) + "?"));
        Assert.Contains("backtracks too much", error.Message);
        Assert.NotEmpty(tokenizer.Encode("b"));
    }

    [Theory]
    [InlineData("((a{1000}){1000}){1000}")]
    [InlineData("(a*)*c")]
    [InlineData("(")]
    [InlineData("[z-a]")]
    [InlineData(@"(?<name>a)\k<name>")]
    public void Pattern_TooLargeOrUnknown_IsRefusedAtLoading(string pattern)
    {
        var error = Assert.Throws<BadInputException>(() => Load("tokenizer.json", WithSplit(pattern)));
        Assert.Contains("cannot be used", error.Message);
    }

    private static byte[] WithSplit(string pattern)
    {
        var root = JsonNode.Parse(TrainedJson())!;
        root["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = pattern },
            ["behavior"] = "Isolated",
            ["invert"] = false,
        };
        root["model"]!["unk_token"] = "<s>";
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static byte[] TrainedJson()
    {
        using var folder = new TemporaryFolder();
        ByteLevelBpeTrainer.Train(["the camel and the caravan"], new ByteLevelBpeOptions { VocabularySize = 270 })
            .Save(folder.Path);
        return File.ReadAllBytes(Path.Combine(folder.Path, "tokenizer.json"));
    }

    private static byte[] Model(string name) =>
        File.ReadAllBytes(Repository.Golden("text", "sentencepiece", $"{name}.model"));

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    private static void LoadOrRefuse(string name, byte[] content)
    {
        try
        {
            var tokenizer = Load(name, content);
            foreach (var probe in Probes)
                tokenizer.Decode(tokenizer.Encode(probe));
        }
        catch (BadInputException)
        {
            // What most damaged files should end with; some are whole files all the same.
        }
    }

    private static Tokenizer Load(string name, byte[] content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, name), content);
        return Tokenizer.Load(folder.Path);
    }
}
