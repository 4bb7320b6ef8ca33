using System.Text.Json;

namespace Caravan.Text.Tests.SentencePiece;

/// <summary>
/// Models that SentencePiece itself trained: unigram and BPE, normalization rules, user-defined and control pieces,
/// byte fallback, spaces behind words (tests/golden/text/make_sentencepiece_models.py).
/// </summary>
public sealed class SentencePieceModelTests
{
    private static readonly string[] Texts =
        JsonSerializer.Deserialize<string[]>(File.ReadAllText(Repository.Golden("text", "strings.json")))!;

    public static TheoryData<string> Names => new(
        Directory.GetFiles(Repository.Golden("text", "sentencepiece"), "*.model")
            .Select(path => Path.GetFileNameWithoutExtension(path)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_AnyText_GivesSentencePiecesIds(string name)
    {
        using var golden = Golden(name);
        using var folder = new TemporaryFolder();
        var tokenizer = Load(name, folder);
        var ids = golden.RootElement.GetProperty("ids").Deserialize<int[][]>()!;
        var different = AllTexts(golden)
            .Select((text, i) =>
                (Text: text, Expected: ids[i], Actual: tokenizer.Encode(text, addSpecialTokens: false)))
            .Where(one => !one.Expected.AsSpan().SequenceEqual(one.Actual))
            .Select(one => $"{JsonSerializer.Serialize(one.Text)}: expected {string.Join(' ', one.Expected)}, " +
                $"got {string.Join(' ', one.Actual)}");
        Assert.Empty(different);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EncodeWithOffsets_AnyText_GivesTheSameIdsInOrder(string name)
    {
        using var golden = Golden(name);
        using var folder = new TemporaryFolder();
        var tokenizer = Load(name, folder);
        foreach (var text in AllTexts(golden))
        {
            var (ids, offsets) = tokenizer.EncodeWithOffsets(text);
            Assert.Equal(tokenizer.Encode(text), ids);
            for (var i = 0; i < offsets.Length; i++)
            {
                Assert.InRange(offsets[i].Start, i == 0 ? 0 : offsets[i - 1].Start, text.Length);
                Assert.InRange(offsets[i].End, offsets[i].Start, text.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_ItsIds_GivesSentencePiecesText(string name)
    {
        using var golden = Golden(name);
        using var folder = new TemporaryFolder();
        var tokenizer = Load(name, folder);
        var ids = golden.RootElement.GetProperty("ids").Deserialize<int[][]>()!;
        var decoded = golden.RootElement.GetProperty("decoded").Deserialize<string[]>()!;
        var different = ids
            .Select((sequence, i) =>
                (Ids: sequence, Expected: decoded[i], Actual: tokenizer.Decode(sequence, skipSpecialTokens: false)))
            // SentencePiece writes the unknown piece as U+2047 between spaces; transformers, and so this, as itself.
            .Where(one => !one.Ids.Contains(0) && one.Expected != one.Actual)
            .Select(one => $"{string.Join(' ', one.Ids)}: expected {JsonSerializer.Serialize(one.Expected)}, " +
                $"got {JsonSerializer.Serialize(one.Actual)}");
        Assert.Empty(different);
    }

    private static JsonDocument Golden(string name) =>
        JsonDocument.Parse(File.ReadAllText(Repository.Golden("text", "sentencepiece", $"{name}.json")));

    private static IEnumerable<string> AllTexts(JsonDocument golden) =>
        Texts.Concat(golden.RootElement.GetProperty("texts").Deserialize<string[]>()!);

    private static Tokenizer Load(string name, TemporaryFolder folder)
    {
        File.Copy(
            Repository.Golden("text", "sentencepiece", $"{name}.model"), Path.Combine(folder.Path, "tokenizer.model"));
        return Tokenizer.Load(folder.Path);
    }
}
