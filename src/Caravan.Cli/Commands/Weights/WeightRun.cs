using Caravan.Checkpoints;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary>Runs a weight tool with a line of progress, and prints what it wrote.</summary>
internal static class WeightRun
{
    /// <summary>Says how much memory the tool will take at most.</summary>
    /// <param name="context">Where to say it.</param>
    /// <param name="models">Folders of the models that are read; the last is as large as the result.</param>
    public static void PrintEstimate(CommandContext context, params string[] models)
    {
        var estimate = MemoryEstimate.Of(models);
        context.Terminal.Error.WriteLine(
            $"caravan: {estimate.ParameterCount:N0} parameters: at most {ByteSize.Format(estimate.AtMost)} of memory " +
            $"({ByteSize.Format(estimate.Whole)} where the models are loaded whole, in float32)");
    }

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
