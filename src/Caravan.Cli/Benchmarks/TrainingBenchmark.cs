using System.Diagnostics;
using Caravan.Files;
using Caravan.Torch;

namespace Caravan.Cli.Benchmarks;

/// <summary>Measures training steps of several sizes, each in a process of its own, and the same of a peer.</summary>
/// <param name="Machine">Measured at the beginning.</param>
/// <param name="Results">Caravan's, in the order they were measured.</param>
/// <param name="Peers">The peer's; empty without one.</param>
/// <param name="NoPeer">Why there is no peer; empty with one.</param>
/// <param name="Profiles">Operators of the bf16 step, by size.</param>
/// <param name="Scaling">Several threads against one; null where there is one.</param>
internal sealed record TrainingBenchmark(
    MachineRates Machine, IReadOnlyList<TrainingResult> Results, IReadOnlyList<TrainingResult> Peers, string NoPeer,
    IReadOnlyDictionary<string, IReadOnlyList<OperatorTime>> Profiles, ThreadScaling? Scaling)
{
    private const int Steps = 5, FewSteps = 2;

    /// <summary>Document lengths, at the same number of tokens.</summary>
    public static readonly IReadOnlyList<int> Lengths = [512, 1024, 2048, 4096];

    /// <param name="python">Python with the peer's PyTorch; null for the system's.</param>
    /// <param name="withPeer">Whether the peer is measured as well.</param>
    /// <param name="report">Called with what is measured next.</param>
    public static TrainingBenchmark Run(
        string? python, bool withPeer, Action<string> report, CancellationToken stop)
    {
        var reason = "left out";
        var peer = withPeer ? TrainingPeer.Find(python, out reason) : null;
        report("the machine");
        var machine = MachineRates.Measure();
        var (results, peers) = (new List<TrainingResult>(), new List<TrainingResult>());
        foreach (var measured in Cases())
        {
            stop.ThrowIfCancellationRequested();
            report(measured.ToString());
            results.Add(TrainingResult.FromJson(InItsOwnProcess("--measure", measured)));
        }
        foreach (var measured in PeerCases().Where(_ => peer is not null))
        {
            stop.ThrowIfCancellationRequested();
            report($"PyTorch, {measured}");
            if (peer!.Measure(measured) is { } result)
                peers.Add(result);
        }
        var profiles = new Dictionary<string, IReadOnlyList<OperatorTime>>();
        foreach (var size in new[] { TrainingSize.Small, TrainingSize.Medium })
        {
            stop.ThrowIfCancellationRequested();
            report($"operators of {size.Name}");
            var profiled = new TrainingCase(size, true, Libtorch.Threads, FewSteps);
            profiles[size.Name] = OperatorTime.FromJson(InItsOwnProcess("--profile", profiled));
        }
        var threads = new TrainingCase(TrainingSize.Small, true, Libtorch.Threads, FewSteps);
        report("threads");
        var scaling = threads.Threads > 1 ? ThreadScaling.FromJson(InItsOwnProcess("--scaling", threads)) : null;
        return new(machine, results, peers, reason, profiles, scaling);
    }

    /// <summary>The faster of the peer's modes at a size; null if none was measured.</summary>
    public TrainingResult? FastestPeer(string size) =>
        Peers.Where(peer => peer.Size == size).MaxBy(peer => peer.TokensPerSecond);

    /// <summary>The least memory of the peer's modes at a size.</summary>
    public long? LeanestPeer(string size) =>
        Peers.Where(peer => peer.Size == size).Min(peer => (long?)peer.PeakResidentMebibytes);

    private static IEnumerable<TrainingCase> Cases()
    {
        var threads = Libtorch.Threads;
        yield return new(TrainingSize.Small, true, threads, Steps);
        yield return new(TrainingSize.Medium, true, threads, Steps);
        yield return new(TrainingSize.Small, false, threads, FewSteps);
        if (threads > 1)
            yield return new(TrainingSize.Small, true, 1, Steps);
        foreach (var length in Lengths.Skip(1))
            yield return new(TrainingSize.Small.WithLength(length), true, threads, Steps);
    }

    private static IEnumerable<TrainingCase> PeerCases()
    {
        foreach (var size in new[] { TrainingSize.Small, TrainingSize.Medium })
        {
            yield return new(size, true, Libtorch.Threads, FewSteps);
            yield return new(size, false, Libtorch.Threads, FewSteps);
        }
    }

    private static string InItsOwnProcess(string option, TrainingCase measured)
    {
        var program = Environment.ProcessPath!;
        List<string> arguments = ["bench", "train", option, measured.ToString()];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            arguments.Insert(0, typeof(TrainingBenchmark).Assembly.Location);
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new BadInputException(
                $"the measurement {measured} ended with exit code {process.ExitCode}; its messages are above");
        }
        return output;
    }
}
