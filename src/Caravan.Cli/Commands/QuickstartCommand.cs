using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Quickstart;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Commands;

/// <summary>
/// <c>caravan quickstart</c>: from nothing to a model that follows instructions, in minutes and offline.
/// </summary>
internal static class QuickstartCommand
{
    private const string DefaultFolder = "quickstart-out";

    public static Command Create(CommandContext context)
    {
        var output = new Option<string>("--out")
        {
            Description = "Folder for everything that is made.",
            HelpName = "DIR",
            DefaultValueFactory = _ => DefaultFolder,
        };
        var seed = Options.Integer("--seed", "Seed of the instructions, the weights and the order of training.", 1,
            new NumberRange(0, long.MaxValue));
        var maxSteps = Options.Integer("--max-steps", "End training after so many updates.", 0, NumberRange.AtLeast(1));
        maxSteps.Hidden = true;
        var command = new DocumentedCommand(
            "quickstart", "Trains a small model from nothing to follow instructions, and measures it before and after.")
        {
            Examples =
            [
                new("caravan quickstart", "Everything, in a few minutes; after Ctrl-C the same command goes on"),
                new("caravan quickstart --out again --seed 2", "With other instructions and other weights"),
            ],
        };
        command.Options.Add(output);
        command.Options.Add(seed);
        command.Options.Add(maxSteps);
        command.SetAction(parsed =>
        {
            var steps = parsed.GetValue(maxSteps);
            return Run(context, parsed.GetRequiredValue(output),
                new QuickstartSettings(parsed.GetValue(seed), steps == 0 ? null : (int)steps));
        });
        return command;
    }

    private static int Run(CommandContext context, string path, QuickstartSettings settings)
    {
        var terminal = context.Terminal;
        var folder = QuickstartFolder.Open(path, settings);
        if (folder.IsFinished)
        {
            terminal.Out.WriteLine(RunningText.Wrap(
                $"The quickstart in {path} is finished: the model is in {folder.Model}, the report in " +
                $"{folder.Report}. To start afresh, delete the folder (rm -r {Shell.Quote(path)}) or choose " +
                "another with --out.",
                terminal.Width));
            return ExitCode.Success;
        }
        try
        {
            if (new QuickstartRun(context, folder, settings).Run())
                return ExitCode.Success;
        }
        catch (OperationCanceledException) when (context.Stop.IsRequested)
        {
            // What was being made is made again; all stages before it stay.
        }
        terminal.Error.WriteLine("Stopped. The same command goes on from here.");
        return context.Stop.ExitCode;
    }
}
