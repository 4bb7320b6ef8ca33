using System.Security.Cryptography;
using Caravan.Files;
using Caravan.Training.Run;

namespace Caravan.Training.Tests.Run;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-checkpoints-");
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Save_KeepsTheLastOnes()
    {
        var store = Store(keep: 2);
        foreach (var step in new[] { 9, 10, 11 })
            Save(store, step);
        Assert.Equal(["step_10", "step_11"], Names());
        Assert.Equal(11, store.Latest()!.Step);
    }

    [Theory]
    [InlineData("changed"), InlineData("cut"), InlineData("removed"), InlineData("unfinished"), InlineData("no sums")]
    public void Damage_ToTheNewest_IsNamed_AndTheOneBeforeIsUsed(string damage)
    {
        var store = Store(keep: 3);
        Save(store, 5);
        Save(store, 6);
        var newest = Path.Combine(_folder.FullName, "step_6");
        var file = Path.Combine(newest, "weights.bin");
        switch (damage)
        {
            case "changed":
                File.WriteAllBytes(file, [1, 2, 4]);
                break;
            case "cut":
                File.WriteAllBytes(file, [1, 2]);
                break;
            case "removed":
                File.Delete(file);
                break;
            case "unfinished":
                File.Delete(Path.Combine(newest, "COMPLETED"));
                break;
            default:
                File.WriteAllText(Path.Combine(newest, "checksums.json"), "{");
                break;
        }
        Assert.Equal(5, store.Latest()!.Step);
        Assert.Contains(newest, Assert.Single(_said));
        Assert.Contains("this checkpoint is damaged",
            Assert.Throws<BadInputException>(() => CheckpointStore.Named(newest)).Message);
    }

    [Fact]
    public void Save_ThatFails_LeavesTheOldOnesAndNothingElse()
    {
        var store = Store(keep: 1);
        Save(store, 1);
        Assert.Throws<IOException>(() => store.Save(2, 0, _ => throw new IOException("disk full")));
        Assert.Equal(["step_1"], Names());
    }

    [Fact]
    public void Save_WhoseFilesAreNotWhatWasWritten_Fails()
    {
        var store = Store(keep: 1);
        var error = Assert.Throws<IOException>(() => store.Save(1, 0, folder =>
        {
            Write(folder);
            return new Dictionary<string, string> { ["weights.bin"] = Convert.ToHexStringLower(SHA256.HashData([1, 2, 4])) };
        }));
        Assert.Contains("weights.bin is not what was written; is the disk failing?", error.Message);
        Assert.Empty(Names());
    }

    [Fact]
    public void Save_ForWhichThereIsNoRoom_SaysSo_AndTheNewestStays()
    {
        var store = Store(keep: -1);
        Save(store, 1);
        Save(store, 2);
        var error = Assert.Throws<BadInputException>(() => store.Save(3, long.MaxValue, Write));
        Assert.Contains("not enough space", error.Message);
        Assert.Equal(["step_2"], Names());
    }

    [Fact]
    public void TryOut_LeavesNothing_AndATrialThatFailsIsAnError()
    {
        var store = Store(keep: 1);
        store.TryOut(1 << 20, Write);
        Assert.Empty(Names());
        Assert.Contains("not enough space",
            Assert.Throws<BadInputException>(() => store.TryOut(long.MaxValue, Write)).Message);
        Assert.Contains("trial checkpoint",
            Assert.Throws<BadInputException>(() => store.TryOut(0, _ => throw new IOException("no"))).Message);
    }

    [Fact]
    public void Clean_RemovesWhatAKilledProcessLeft()
    {
        var store = Store(keep: 1);
        Save(store, 1);
        _folder.CreateSubdirectory("step_2.123.tmp");
        store.Clean();
        Assert.Equal(["step_1"], Names());
    }

    private CheckpointStore Store(int keep) => new(_folder.FullName, keep, _said.Add);

    private static void Save(CheckpointStore store, int step) => store.Save(step, 0, Write);

    private static Dictionary<string, string> Write(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "weights.bin"), [1, 2, 3]);
        return [];
    }

    private IEnumerable<string> Names() => _folder.GetDirectories().Select(folder => folder.Name).Order();
}
