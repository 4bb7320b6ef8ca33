using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;

namespace Caravan.Cli.Tests.Commands;

/// <summary>A weight tool whose process is killed goes on where it was when it is run again.</summary>
public sealed class WeightsInterruptionTests : IDisposable
{
    private const int Shards = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Recover_KilledAndRunAgain_KeepsTheFinishedShardsAndEndsTheSame()
    {
        Write("raw", seed: 1);
        Write("diff", seed: 2);
        Assert.Equal(0, CommandRun.Of(Arguments("whole")).ExitCode);
        var finished = KillAfterSomeShards("out");
        var run = CommandRun.Of(Arguments("out"));
        Assert.Equal(0, run.ExitCode);
        Assert.NotEmpty(finished);
        foreach (var (name, time) in finished)
            Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(_folder, "out", name)));
        var files = Directory.GetFiles(Path.Combine(_folder, "whole")).Select(Path.GetFileName).Order().ToList();
        Assert.Equal(files, Directory.GetFiles(Path.Combine(_folder, "out")).Select(Path.GetFileName).Order());
        Assert.All(files, file => Assert.Equal(
            File.ReadAllBytes(Path.Combine(_folder, "whole", file!)),
            File.ReadAllBytes(Path.Combine(_folder, "out", file!))));
    }

    private string[] Arguments(string output) =>
    [
        "weights", "recover", "--path-raw", $"{_folder}/raw", "--path-diff", $"{_folder}/diff", "--path-tuned",
        $"{_folder}/{output}", "--max-shard-size", "4000",
    ];

    /// <summary>
    /// Runs the program as a process of its own until a few shards are there; gives their names and times.
    /// </summary>
    private List<(string Name, DateTime Time)> KillAfterSomeShards(string output)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "caravan.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. Arguments(output)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var partial = Path.Combine(_folder, $"{output}.partial");
        List<(string, DateTime)> Finished() => Directory.Exists(partial)
            ? [.. Directory.GetFiles(partial, "*.safetensors")
                .Select(file => (Path.GetFileName(file), File.GetLastWriteTimeUtc(file)))]
            : [];
        while (Finished().Count < 5)
        {
            Assert.False(process.HasExited, "the program ended before it could be killed");
            Thread.Sleep(1);
        }
        process.Kill();
        process.WaitForExit();
        Assert.False(Directory.Exists(Path.Combine(_folder, output)), "the program was done before it was killed");
        // Those that are not in the record yet are written again.
        var record =
            JsonNode.Parse(File.ReadAllText(Path.Combine(partial, "caravan-progress.json")))!["shards"]!.AsObject();
        return [.. Finished().Where(file => record.ContainsKey(file.Item1))];
    }

    private void Write(string name, int seed)
    {
        var random = new Random(seed);
        ModelWriter.Write(Path.Combine(_folder, name), [.. Enumerable.Range(0, Shards).Select(i =>
        {
            var bytes = new byte[4000];
            for (var at = 0; at < bytes.Length; at += sizeof(float))
                BitConverter.TryWriteBytes(bytes.AsSpan(at), (float)random.NextDouble());
            return WeightTensor.FromMemory(new TensorInfo($"t{i:000}", WeightType.F32, [1000]), bytes);
        })]);
    }
}
