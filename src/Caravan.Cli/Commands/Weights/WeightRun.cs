using Caravan.Checkpoints;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary>Runs a weight tool with a line of progress, and prints what it wrote.</summary>
internal static class WeightRun
{
    public static int Write(
        CommandContext context, Func<IProgress<WriteProgress>, CancellationToken, WriteReport> tool)
    {
        using var progress = new ByteProgressLine(context.Terminal, context.Clock);
        var report = tool(progress, context.Stop.Token);
        progress.Clear();
        foreach (var warning in report.Warnings)
            context.Terminal.Error.WriteLine($"caravan: warning: {warning}");
        var bytes = report.Shards.Sum(shard => shard.Bytes);
        context.Terminal.Out.WriteLine(
            $"{report.Directory}: {report.TensorCount} tensors, {report.ParameterCount:N0} parameters, " +
            $"{ByteSize.Format(bytes)} in {report.Shards.Count} {(report.Shards.Count == 1 ? "file" : "files")}");
        return ExitCode.Success;
    }
}
