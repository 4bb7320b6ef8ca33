using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Doctor;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan doctor</c>: what this machine offers and what it lacks.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new DocumentedCommand(
            "doctor", "Shows versions, processor, memory, GPU and libtorch, and how to get what is missing.")
        {
            Examples =
            [
                new("caravan doctor", "What this machine offers, and what it lacks"),
                new("caravan doctor --json > machine.json", "The same for a bug report"),
            ],
        };
        command.Options.Add(json);
        command.SetAction(parsed => Run(context, parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, bool json)
    {
        var report = Examination.Run();
        if (json)
            context.Terminal.Out.WriteLine(report.ToJson());
        else
            DoctorPage.Write(report, context.Terminal);
        return report.Libtorch is null ? ExitCode.Failure : ExitCode.Success;
    }
}
