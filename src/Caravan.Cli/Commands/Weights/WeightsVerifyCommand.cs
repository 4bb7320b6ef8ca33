using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights verify</c>: reads every byte of a model and says what is wrong.</summary>
internal static class WeightsVerifyCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new Argument<string>("model") { Description = "A model folder or weight file." };
        var command = new DocumentedCommand("verify", "Checks structure, index, checksums, NaN and infinities; prints hashes.")
        {
            Examples = [new("caravan weights verify models/tulu", "Is the download whole and sane?")],
        };
        command.Arguments.Add(model);
        command.SetAction(parsed => Run(context, parsed.GetValue(model)!));
        return command;
    }

    private static int Run(CommandContext context, string model)
    {
        using var progress = new ByteProgressLine(context.Terminal, context.Clock);
        var found = ModelInspection.Run(model, progress, context.Stop.Token);
        progress.Clear();
        foreach (var warning in found.Warnings)
            context.Terminal.Error.WriteLine($"caravan: warning: {warning}");
        foreach (var (file, hash) in found.Sha256)
            context.Terminal.Out.WriteLine($"{hash}  {file}");
        context.Terminal.Out.WriteLine($"sum of all numbers: {found.Sum:F4}");
        foreach (var tensor in found.NonFinite)
            context.Terminal.Out.WriteLine($"NaN or infinite numbers: {tensor}");
        return found.NonFinite.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
