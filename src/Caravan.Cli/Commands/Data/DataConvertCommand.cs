using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data convert</c>: any common layout to the unified one.</summary>
internal static class DataConvertCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file")
        {
            Description =
                "Records with messages, instruction/input/output or prompt/completion, as JSON Lines, JSON array " +
                "(also .gz), Parquet, CSV or xlsx.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The JSON Lines file to write.",
            HelpName = "FILE",
            Required = true,
        };
        var ascii = new Option<bool>("--ascii") { Description = "Escape all that is not ASCII." };
        var command = new DocumentedCommand(
            "convert", "Converts a file of records in any common layout to JSON Lines of messages.")
        {
            Examples = [new("caravan data convert alpaca_data.json --out alpaca.jsonl", "From Alpaca's layout")],
        };
        command.Arguments.Add(file);
        command.Options.Add(output);
        command.Options.Add(ascii);
        command.SetAction(parsed =>
        {
            var records = InstructionFile.Read(parsed.GetValue(file)!);
            var count = InstructionFile.Write(parsed.GetValue(output)!, records, parsed.GetValue(ascii));
            context.Terminal.Out.WriteLine($"{count} records in {parsed.GetValue(output)}");
            return ExitCode.Success;
        });
        return command;
    }
}
