using System.Text.Json;
using Caravan.Text.Files;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Tests;

/// <summary>
/// Every component of tokenizer.json against Hugging Face's Rust tokenizers (tests/golden/text/make_components.mjs).
/// </summary>
public sealed class ComponentGoldenTests
{
    private static readonly string[] Texts =
        JsonSerializer.Deserialize<string[]>(File.ReadAllText(Repository.Golden("text", "strings.json")))!;

    private static readonly JsonDocument Golden =
        JsonDocument.Parse(File.ReadAllText(Repository.Golden("text", "components.json")));

    public static TheoryData<int, string> Normalizers => Configs("normalizers");

    public static TheoryData<int, string> PreTokenizers => Configs("preTokenizers");

    public static TheoryData<int, string> Models =>
        Configs("models", config => config.GetProperty("model").GetProperty("type"));

    public static TheoryData<int, string> Decoders => Configs("decoders");

    [Theory]
    [MemberData(nameof(Normalizers))]
    public void Normalizer_AnyText_GivesTheReferencesText(int index, string config)
    {
        var normalizer = NormalizerReader.Read(Wrap("normalizer", config))!;
        var expected = Case("normalizers", index).GetProperty("texts").Deserialize<string[]>()!;
        for (var i = 0; i < Texts.Length; i++)
        {
            var text = new NormalizedText();
            text.Reset(Texts[i], 0, Texts[i].Length, tracks: true);
            normalizer.Apply(text);
            AssertSame(expected[i], text.Chars.ToString(), i);
        }
    }

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void PreTokenizer_AnyText_GivesTheReferencesWords(int index, string config)
    {
        var (preTokenizer, isByteLevel) = PreTokenizerReader.Read(Wrap("pre_tokenizer", config));
        var expected = Case("preTokenizers", index).GetProperty("words").Deserialize<string[][]>()!;
        for (var i = 0; i < Texts.Length; i++)
        {
            var workspace = new Workspace();
            workspace.Text.Reset(Texts[i], 0, Texts[i].Length, tracks: true);
            workspace.Words.Add(0, Texts[i].Length);
            preTokenizer?.Apply(workspace.Text, workspace);
            var words = new List<string>();
            foreach (var word in workspace.Words.Spans)
            {
                var text = workspace.Text.Chars[word.Start..word.End].ToString();
                words.Add(isByteLevel ? ByteLevelAlphabet.Write(text) : text);
            }
            AssertSame(string.Join('|', expected[i]), string.Join('|', words), i);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Model_AnyText_GivesTheReferencesIds(int index, string config)
    {
        Assert.NotEmpty(config);
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Case("models", index).GetProperty("config").GetRawText());
        var tokenizer = Tokenizer.Load(folder.Path);
        var expected = Case("models", index).GetProperty("ids").Deserialize<int[][]>()!;
        for (var i = 0; i < Texts.Length; i++)
        {
            AssertSame(
                string.Join(' ', expected[i]), string.Join(' ', tokenizer.Encode(Texts[i], addSpecialTokens: false)),
                    i);
            Assert.Equal(tokenizer.Encode(Texts[i]), tokenizer.EncodeWithOffsets(Texts[i]).Ids);
        }
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Decoder_AnyTokens_GivesTheReferencesTextAtOnceAndStreamed(int index, string config)
    {
        var decoder = DecoderReader.Read(Wrap("decoder", config));
        foreach (var example in Case("decoders", index).GetProperty("cases").EnumerateArray())
        {
            var tokens = example.GetProperty("tokens").Deserialize<string[]>()!;
            var run = decoder.Start();
            var text = string.Concat(tokens.Select(token => run.Append(token, isAdded: false))) + run.Flush();
            Assert.Equal(example.GetProperty("text").GetString(), text);
        }
    }

    private static void AssertSame(string expected, string actual, int text) => Assert.True(
        expected == actual,
        $"{JsonSerializer.Serialize(Texts[text])}: expected {JsonSerializer.Serialize(expected)}, " +
        $"got {JsonSerializer.Serialize(actual)}");

    private static JsonReader Wrap(string name, string config) => new(
        TokenizerFiles.Create("test", new Dictionary<string, System.Text.Json.Nodes.JsonNode>()),
        "tokenizer.json",
        JsonDocument.Parse($"{{\"{name}\": {config}}}").RootElement);

    private static JsonElement Case(string kind, int index) => Golden.RootElement.GetProperty(kind)[index];

    private static TheoryData<int, string> Configs(string kind, Func<JsonElement, JsonElement>? show = null)
    {
        var data = new TheoryData<int, string>();
        var index = 0;
        foreach (var example in Golden.RootElement.GetProperty(kind).EnumerateArray())
        {
            var config = example.GetProperty("config");
            data.Add(index++, (show is null ? config : show(config)).GetRawText());
        }
        return data;
    }
}
