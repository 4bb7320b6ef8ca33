using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Data.Tests.Conversion;

public sealed class PreparationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Manifest Prepare(ConversionSettings settings, string output) => Preparation.Prepare(
        new CodeAlpaca(), _folder.In(
            "raw"), _folder.In(output), settings, TestContext.Current.CancellationToken);

    [Fact]
    public void Prepare_WritesDataAndAManifestThatSaysWhereItIsFrom()
    {
        var raw = _folder.Write("raw/code_alpaca_20k.json",
            """[{"instruction": "a", "output": "b"}, {"instruction": "c"}, {"instruction": "d", "output": "e"}]""");
        var manifest = Prepare(new() { SkipInvalid = 5 }, "out");
        Assert.Equal(["code_alpaca_0", "code_alpaca_1"], InstructionFile.Read(
            _folder.In("out/code_alpaca_data.jsonl")).Select(record => record.Id));
        Assert.Equal((3, 2, 2), (manifest.Read, manifest.Kept, manifest.Written));
        Assert.Equal("code_alpaca_20k.json:1: element 1: output: missing. (dataset code_alpaca) [E04]",
            manifest.Examples["E04"][0]);
        Assert.Equal(
            ManifestFile.Of(raw, "https://github.com/sahil280114/codealpaca/raw/master/data/code_alpaca_20k.json"),
            manifest.Inputs.Single());
        Assert.Contains("\"licence\": {\n    \"name\": \"CC BY-NC 4.0\",\n    \"use\": \"NonCommercial\"",
            File.ReadAllText(_folder.In("out/code_alpaca_data.report.json")));
    }

    [Fact]
    public void Prepare_BrokenRawFile_LeavesNothing()
    {
        _folder.Write("raw/code_alpaca_20k.json", """[{"instruction": "a", "output": "b"}, {"instruction": "c"}]""");
        Assert.Throws<RecordException>(() => Prepare(new(), "out"));
        Assert.Empty(Directory.EnumerateFiles(_folder.In("out")));
    }

    [Fact]
    public void Check_EveryDataset_FindsThatNothingIsThere_WithoutReading()
    {
        Directory.CreateDirectory(_folder.In("raw"));
        foreach (var dataset in Caravan.Data.Datasets.DatasetCatalogue.All)
        {
            var settings = new ConversionSettings { CountTokens = text => text.Length };
            var error = Assert.Throws<BadInputException>(
                () => Preparation.Check(dataset, _folder.In("raw"), settings));
            Assert.Contains("there", error.Message);
        }
    }

    [Fact]
    public void Prepare_RawFileThatIsNotWhatWasFetched_IsSaid()
    {
        var raw = _folder.Write("raw/code_alpaca_20k.json", """[{"instruction": "a", "output": "b"}]""");
        void Lock(string hash) => DownloadLock.Save(_folder.In("raw"), new()
        {
            ["code_alpaca_20k.json"] = new LockedFile("https://page", 1, hash),
        });
        Lock(ManifestFile.Of(raw).Sha256);
        Assert.DoesNotContain("changed_since_it_was_fetched", Prepare(new(), "same").Warnings);
        Lock("00");
        Assert.Equal(1, Prepare(new(), "other").Warnings["changed_since_it_was_fetched"]);
    }

    [Fact]
    public void Check_WrongOptions_AreRefused_AlsoWhereThereAreNone()
    {
        _folder.Write("raw/code_alpaca_20k.json", "[");
        Preparation.Check(new CodeAlpaca(), _folder.In("raw"), new());
        Assert.Equal("Dataset code_alpaca has no option \"top\"; it has none.", Assert.Throws<BadInputException>(() =>
            Preparation.Check(new CodeAlpaca(), _folder.In("raw"), Converted.With(options: ("top", "1")))).Message);
        Assert.Throws<BadInputException>(() => Prepare(Converted.With(options: ("top", "1")), "out"));
    }

    [Fact]
    public void Prepare_InvalidUtf8_IsReplacedAndCounted_OrRefused()
    {
        byte[] text = [.. """[{"instruction": "a", "output": "x"""u8, 0xFF, .. "\"}]"u8];
        _folder.Write("raw/code_alpaca_20k.json", text);
        var manifest = Prepare(new(), "out");
        Assert.Equal((1, 1), (manifest.Normalised["invalid_utf8"], manifest.Warnings["W06"]));
        Assert.Contains("at offset 34 of the file", Assert.Throws<RecordException>(
            () => Prepare(new() { StrictUtf8 = true }, "out")).Message);
    }

    [Theory]
    [InlineData("code_alpaca_2k.json", 2017)]
    [InlineData("new_codealpaca.json", 4535)]
    public void Prepare_PublishedCodeAlpaca_GivesTheSameBytesOnAnyNumberOfThreads(string file, int records)
    {
        Directory.CreateDirectory(_folder.In("raw"));
        File.Copy(Repository.SharedData($"raw/code_alpaca/{file}"), _folder.In("raw/code_alpaca_20k.json"));
        var one = Prepare(new() { Threads = 1 }, "one");
        var two = Prepare(new() { Threads = 2 }, "two");
        Assert.Equal((records, records, records), (one.Read, one.Kept, one.Written));
        Assert.Equal(one.Output, two.Output);
        foreach (var output in new[] { "data.jsonl", "data.report.json" })
        {
            Assert.Equal(
                File.ReadAllBytes(_folder.In($"one/code_alpaca_{output}")),
                File.ReadAllBytes(_folder.In($"two/code_alpaca_{output}")));
        }
    }
}
