using Caravan.Data.Mixtures;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Tests.Batches;

public sealed class TokenizedFileTests : IDisposable
{
    private const int PerPart = 8192;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-tokens-");
    private readonly TokenizationSettings _settings = new(
        ByteLevelBpeTrainer.Train(["some words about nothing"], new ByteLevelBpeOptions { VocabularySize = 270 }),
            ChatTemplate.Tulu, 64);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Tokens_FromTheCache_AreThoseOfTheTemplate()
    {
        var path = Write("a.jsonl", 300);
        using var made = Open(path);
        using var found = TokenizedFile.Open(path, Cache, _settings, progress: _ => Assert.Fail("tokenised again"),
            cancellation: default);
        var records = InstructionFile.Read(path).ToList();
        Assert.Equal(records.Count, found.Count);
        for (var i = 0; i < records.Count; i++)
        {
            var chat = _settings.Template.Tokenize(_settings.Tokenizer, records[i].Messages, 64);
            var example = found.Read(i);
            Assert.Equal((records[i].Dataset, records[i].Id), (example.Dataset, example.RecordId));
            Assert.Equal(chat.InputIds, example.InputIds);
            Assert.Equal(chat.Labels, example.Labels);
            Assert.Equal((chat.Truncated, chat.InputIds.Length, chat.TargetTokens),
                (found.IsTruncated(i), found.Length(i), found.TargetTokens(i)));
        }
        Assert.Equal(records.Count, found.Preflight.Records);
        Assert.True(found.Preflight.Passed, string.Join("; ", found.Preflight.Examples));
    }

    [Fact]
    public void OtherBytesOrSettings_HaveOtherKeys()
    {
        using var first = Open(Write("a.jsonl", 10));
        using var longer = Open(Write("a.jsonl", 11));
        using var shorter = TokenizedFile.Open(Path.Combine(_folder.FullName, "a.jsonl"), Cache,
            _settings with { MaxLength = 32 }, cancellation: default);
        using var other = TokenizedFile.Open(Path.Combine(_folder.FullName, "a.jsonl"), Cache,
            _settings with { Template = ChatTemplate.Zephyr }, cancellation: default);
        Assert.Equal(4, new[] { first.Key, longer.Key, shorter.Key, other.Key }.Distinct().Count());
    }

    [Fact]
    public void InterruptedPreparation_GoesOnBehindItsLastPart()
    {
        var path = Write("big.jsonl", PerPart + 500);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TokenizedFile.Open(path, Cache, _settings, progress: done =>
        {
            if (done > PerPart)
                stop.Cancel();
        }, cancellation: stop.Token));
        long? first = null;
        using var file = TokenizedFile.Open(path, Cache, _settings, progress: done => first ??= done,
            cancellation: default);
        Assert.True(first > PerPart, $"began again at {first}");
        Assert.Equal(PerPart + 500, file.Count);
        Assert.Equal($"big_{PerPart + 499}", file.Read(PerPart + 499).RecordId);
    }

    [Theory]
    [InlineData(0), InlineData(1)]
    public void DamagedPart_IsMadeAgain(int part)
    {
        var path = Write("big.jsonl", PerPart + 10);
        string folder;
        using (var file = Open(path))
            folder = file.Folder;
        var damaged = Path.Combine(folder, $"{part:00000}.tokens");
        var bytes = File.ReadAllBytes(damaged);
        bytes[^1] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        using var again = Open(path);
        bytes[^1] ^= 1;
        Assert.Equal(bytes, File.ReadAllBytes(damaged));
        Assert.Equal(PerPart + 10, again.Count);
    }

    [Fact]
    public void BrokenRecord_IsNamed()
    {
        var path = Write("a.jsonl", 3);
        File.AppendAllText(path, """{"messages": [{"role": "robot", "content": "x"}]}""" + "\n");
        Assert.Contains("a.jsonl:4", Assert.ThrowsAny<BadInputException>(() => Open(path)).Message);
    }

    [Fact]
    public void EmptyFile_IsAnError()
    {
        var path = Path.Combine(_folder.FullName, "empty.jsonl");
        File.WriteAllText(path, "");
        Assert.Contains("has no records", Assert.Throws<BadInputException>(() => Open(path)).Message);
    }

    [Fact]
    public void InstructionWithInput_IsLaidOutAsTheTemplateHasIt()
    {
        var path = Path.Combine(_folder.FullName, "alpaca.json");
        File.WriteAllText(path, """[{"instruction": "Add.", "input": "1 2", "output": "3"}]""");
        var corpus = _settings with { Template = ChatTemplate.OpenAlpacaV2, MaxLength = 400 };
        using var file = TokenizedFile.Open(path, Cache, corpus, cancellation: default);
        var text = corpus.Tokenizer.Decode(file.Read(0).InputIds);
        Assert.Contains("### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:", text);
    }

    [Fact]
    public void Selection_TakesAmounts_SplitsAndCounts()
    {
        using var a = Open(Write("a.jsonl", 100));
        using var b = Open(Write("b.jsonl", 40));
        var all = RecordSelection.Of([(a, new MixtureAmount("0.5")), (b, new MixtureAmount("2.5"))], seed: 1);
        Assert.Equal(50 + 100, all.Count);
        var again = RecordSelection.Of([(a, new MixtureAmount("0.5")), (b, new MixtureAmount("2.5"))], seed: 1)
            .ToTrainingSet();
        Assert.Equal(all.ToTrainingSet().Examples.Select(example => example.RecordId),
            again.Examples.Select(example => example.RecordId));
        var (train, heldOut) = RecordSelection.All(a).Split(20, seed: 3);
        Assert.Equal((80, 20), (train.Count, heldOut.Count));
        Assert.Empty(Ids(train).Intersect(Ids(heldOut)));
        Assert.Equal(7, train.First(7).Count);

        static IEnumerable<string> Ids(RecordSelection records) => records.ToTrainingSet()
            .Examples.Select(example => example.RecordId);
    }

    private string Cache => Path.Combine(_folder.FullName, "cache");

    private TokenizedFile Open(string path) => TokenizedFile.Open(path, Cache, _settings, cancellation: default);

    private string Write(string name, int records)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllLines(path, Enumerable.Range(0, records).Select(i =>
            $$"""
                {"messages": [{"role": "user", "content": "words {{i}}"},
                {"role": "assistant", "content": "{{new string('n', i % 50)}} about"}]}
                """.OneLine()));
        return path;
    }
}
