using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Commands.Data;
using Caravan.Cli.Commands.Models;
using Caravan.Cli.Commands.Weights;
using Caravan.Cli.Doctor;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan</c>: all commands under one roof.</summary>
internal static class CaravanCommand
{
    public static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand(
            "Instruction-tunes language models: from public data and a pretrained model to a model that follows " +
            "instructions, with the numbers that prove it.")
        {
            QuickstartCommand.Create(context),
            TrainCommand.Create(context),
            GenerateCommand.Create(context),
            ChatCommand.Create(context),
            DataCommand.Create(context),
            ModelsCommand.Create(context),
            TokenizeCommand.Create(context),
            WeightsCommand.Create(context),
            PlanCommand.Create(context),
            BenchCommand.Create(context),
            DoctorCommand.Create(context),
        };
        root.HelpName = "caravan";
        var help = new HelpPage(context.Terminal.Width);
        foreach (var option in root.Options)
        {
            option.Action = option switch
            {
                HelpOption => help,
                VersionOption => new PrintVersion(),
                _ => option.Action,
            };
        }
        root.SetAction(parsed => help.Invoke(parsed));
        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"caravan {ProgramVersion.Current}");
            return ExitCode.Success;
        }
    }
}
