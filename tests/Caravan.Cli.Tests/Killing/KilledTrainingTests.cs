using System.Text.RegularExpressions;

namespace Caravan.Cli.Tests.Killing;

/// <summary>Trainings whose process is killed again and again must end, byte for byte, like one that was left in peace.
/// </summary>
public sealed partial class KilledTrainingTests : IDisposable
{
    private const int Kills = 20;
    private const int LongestLife = 60; // milliseconds of training until a kill

    private static readonly Dictionary<string, string[]> Methods = new()
    {
        ["full"] = ["--packing", "--neftune-noise-alpha", "5"],
        ["lora"] = ["--use-lora", "--lora-rank", "4", "--lora-dropout", "0.1"],
        ["qlora"] = ["--use-qlora", "--lora-rank", "4", "--lora-dropout", "0.1", "--dtype", "bf16"],
    };

    private readonly TinyModel _model = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-killed-");

    public KilledTrainingTests() => File.WriteAllLines(In("data.jsonl"), Enumerable.Range(0, 30).Select(i =>
        $$"""{"messages": [{"role": "user", "content": "the cat {{i}}"}, {"role": "assistant", "content": "the dog {{i * i}}"}]}"""));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ProcessKilledTwentyTimes_EndsLikeTheUninterruptedOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        var duringSave = await Task.WhenAll(Methods.Keys.Select(KillAndCompare));
        Assert.True(duringSave.Sum() > 0, "no kill fell into the writing of a checkpoint");
    }

    [Fact]
    public async Task ProcessTerminated_WritesACheckpointAndExitsWith75_AndGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        var whole = RunToTheEnd("full", "whole");
        using (var process = TrainingProcess.Start(Arguments("full", "parts")))
        {
            Assert.True(await process.WaitFor("step"));
            process.Terminate();
            Assert.Equal((75, ""), await process.End());
        }
        Assert.NotEmpty(Directory.GetDirectories(In("parts", "checkpoints")));
        await RunToTheEnd("full", "parts");
        await whole;
        AssertSame("whole", "parts");
    }

    // How many kills fell into the writing of a checkpoint.
    private async Task<int> KillAndCompare(string method)
    {
        var whole = RunToTheEnd(method, $"{method} whole");
        var random = new Random(method.Length);
        var output = $"{method} killed";
        var duringSave = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = TrainingProcess.Start(Arguments(method, output));
            if (!await process.WaitFor("started"))
                Assert.Fail($"{method}: the process ended before kill {kill + 1}: {await process.End()}");
            // Every other kill waits for a checkpoint to be half written.
            if (kill % 2 == 0)
                await Task.Delay(random.Next(LongestLife), TestContext.Current.CancellationToken);
            else
                WaitForHalfACheckpoint(process, output);
            process.Kill();
            await process.End();
            duringSave += HalfCheckpoints(output).Any() ? 1 : 0;
        }
        await RunToTheEnd(method, output);
        await whole;
        AssertSame($"{method} whole", output);
        Assert.Empty(HalfCheckpoints(output));
        return duringSave;
    }

    private void WaitForHalfACheckpoint(TrainingProcess process, string output)
    {
        var deadline = DateTime.UtcNow.AddSeconds(5);
        while (!HalfCheckpoints(output).Any() && !process.HasExited && DateTime.UtcNow < deadline)
            Thread.SpinWait(100);
    }

    private IEnumerable<string> HalfCheckpoints(string output)
    {
        var folder = In(output, "checkpoints");
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "*.tmp") : [];
    }

    private async Task RunToTheEnd(string method, string output)
    {
        using var process = TrainingProcess.Start(Arguments(method, output));
        Assert.Equal((0, ""), await process.End());
    }

    private void AssertSame(string whole, string parts)
    {
        var weights = Directory.GetFiles(In(whole), "*model.safetensors").Select(Path.GetFileName).Single()!;
        Assert.Equal(File.ReadAllBytes(In(whole, weights)), File.ReadAllBytes(In(parts, weights)));
        Assert.Equal(Metrics(whole), Metrics(parts));
        Assert.Equal(File.ReadAllText(In(whole, "samples.jsonl")), File.ReadAllText(In(parts, "samples.jsonl")));
    }

    // Without what only the clock and the machine decide.
    private string Metrics(string run) => ClockPattern().Replace(File.ReadAllText(In(run, "metrics.jsonl")), "");

    private string[] Arguments(string method, string output) =>
    [
        "train", "sft", "--json", "--model-name-or-path", _model.Path, "--train-file", In("data.jsonl"),
            "--output-dir", In(output),
        "--dataset-local-cache-dir", In("tokens"), "--validation-split", "0.2", "--eval-steps", "7", "--eval-samples",
            "1",
        "--max-train-steps", "90", "--per-device-train-batch-size", "3", "--gradient-accumulation-steps", "2",
        "--max-seq-length", "48", "--learning-rate", "1e-3", "--checkpointing-steps", "1", "--report-to", "none",
            .. Methods[method],
    ];

    private string In(params string[] path) => Path.Combine([_folder.FullName, .. path]);

    [GeneratedRegex(",\"(tokens_per_second|step_time|memory_gib)\":[^,}]+")]
    private static partial Regex ClockPattern();
}
