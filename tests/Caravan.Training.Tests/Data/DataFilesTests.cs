using Caravan.Files;
using Caravan.Training.Data;

namespace Caravan.Training.Tests.Data;

public sealed class DataFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-files-");

    public DataFilesTests()
    {
        foreach (var name in new[] { "a.jsonl", "b c.jsonl", "set/train.jsonl", "set/test.jsonl",
            "set/train.report.json", "many/x.jsonl", "many/y.jsonl" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
            File.WriteAllText(In(name), "{}");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void TrainFile_OfFilesAndFolders_GivesTheirDataFiles() =>
        Assert.Equal([In("a.jsonl"), In("set/train.jsonl"), In("many/x.jsonl"), In("many/y.jsonl")],
            DataFiles.Resolve([In("a.jsonl"), In("set"), In("many")], []).Select(file => file.Path));

    [Theory]
    [InlineData("a.jsonl|0.5|b c.jsonl|20")] // open-instruct's list
    [InlineData("a.jsonl 0.5|b c.jsonl 20")] // a name and an amount in one
    public void Mixer_InEveryForm_GivesFilesAndAmounts(string items)
    {
        var mixer = items.Split('|').Select(item => item.Contains(".jsonl") ? In(item) : item).ToArray();
        Assert.Equal([(In("a.jsonl"), "0.5"), (In("b c.jsonl"), "20")],
            DataFiles.Resolve([], mixer).Select(file => (file.Path, file.Amount.Text)));
    }

    [Fact]
    public void Mixer_ThatCannotBe_SaysWhy()
    {
        Assert.Contains("has no amount behind it", Refused([], [In("a.jsonl")]));
        Assert.Contains("folder of 2 files", Refused([], [In("many"), "20"]));
        Assert.Contains("are both set", Refused([In("a.jsonl")], [In("a.jsonl"), "1.0"]));
        Assert.Contains("train_file is missing", Refused([], []));
        Assert.Contains("there is no file or folder allenai/tulu", Refused(["allenai/tulu"], []));
    }

    private static string Refused(string[] files, string[] mixer) =>
        Assert.Throws<BadInputException>(() => DataFiles.Resolve(files, mixer)).Message;

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
