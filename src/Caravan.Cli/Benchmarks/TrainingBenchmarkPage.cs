using Caravan.Cli.Terminals;
using Spectre.Console;

namespace Caravan.Cli.Benchmarks;

/// <summary>Shows a <see cref="TrainingBenchmark"/> to a person.</summary>
internal static class TrainingBenchmarkPage
{
    private const int OperatorsShown = 14;

    public static void Write(TrainingBenchmark benchmark, Terminal terminal)
    {
        var machine = benchmark.Machine;
        FactSheet.Write(terminal,
        [
            ("bf16 products", $"{machine.BFloat16:0} GFLOP/s by libtorch, {machine.Tiles:0} by Caravan (2048³)"),
            ("fp32 products", $"{machine.Float32:0} GFLOP/s"),
            ("reading", $"{machine.ReadGigabytes:0.0} GB/s"),
            .. Threads(benchmark.Scaling),
            ("of bf16", "share of libtorch's bf16 products, by 6 · parameters · tokens and attention's whole squares"),
            ("to PyTorch", benchmark.Peers.Count > 0
                ? "tokens/s as a ratio to its faster mode of fp32 and bf16, memory to its leaner one"
                : benchmark.NoPeer),
        ]);
        terminal.Console.Write(Steps(benchmark));
        foreach (var (size, operators) in benchmark.Profiles)
            terminal.Console.Write(Operators(size, operators));
    }

    private static IEnumerable<(string, string)> Threads(ThreadScaling? scaling)
    {
        if (scaling is not null)
        {
            yield return (
                $"{scaling.Threads} threads to one",
                $"a step of {TrainingSize.Small.Name} bf16 {scaling.Step:0.00}, a loop in registers " +
                $"{scaling.Registers:0.00}, copying memory {scaling.Copies:0.00}");
        }
    }

    private static Table Steps(TrainingBenchmark benchmark)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "step, tokens of a document", "threads", "tokens/s", "GFLOP/s", "of bf16", "MiB", "to PyTorch",
            "memory to");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        foreach (var result in benchmark.Results)
        {
            var peer = IsStandard(result) ? benchmark.FastestPeer(result.Size) : null;
            var memory = IsStandard(result) ? benchmark.LeanestPeer(result.Size) : null;
            table.AddRow(
                $"{result.Size} {result.Precision}, {result.Length}", $"{result.Threads}",
                $"{result.TokensPerSecond:0}", $"{result.Gflops:0}", $"{result.Gflops / benchmark.Machine.BFloat16:P0}",
                $"{result.PeakResidentMebibytes}",
                peer is null ? "" : $"{result.TokensPerSecond / peer.TokensPerSecond:0.00}",
                memory is null ? "" : $"{(double)result.PeakResidentMebibytes / memory.Value:0.00}");
        }
        foreach (var peer in benchmark.Peers)
        {
            table.AddRow(
                $"PyTorch {peer.Size} {peer.Precision}, {peer.Length}", $"{peer.Threads}",
                $"{peer.TokensPerSecond:0}", $"{peer.Gflops:0}", $"{peer.Gflops / benchmark.Machine.BFloat16:P0}",
                $"{peer.PeakResidentMebibytes}", "", "");
        }
        return table;

        bool IsStandard(TrainingResult result) => benchmark.Peers.Any(peer =>
            (peer.Size, peer.Length, peer.Threads) == (result.Size, result.Length, result.Threads));
    }

    private static Table Operators(string size, IReadOnlyList<OperatorTime> operators)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns($"operators of {size} bf16", "ms", "share", "GFLOP/s");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        var total = operators.Sum(time => time.Milliseconds);
        foreach (var time in operators.Take(OperatorsShown))
        {
            table.AddRow(
                time.Name, $"{time.Milliseconds:0.0}", $"{time.Milliseconds / total:P0}",
                time.Gflops is { } rate ? $"{rate:0}" : "");
        }
        return table.AddRow("all", $"{total:0.0}", "", "");
    }
}
