using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data.Layouts;
using Caravan.Data.Lineage;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data convert</c>: between the common layouts and file formats.</summary>
internal static class DataConvertCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file")
        {
            Description =
                "Records with messages, instruction/input/output, instruction/context/response, prompt/completion, " +
                "ShareGPT's conversations or Open Assistant's trees, as JSON Lines, JSON array (also .gz), Parquet, " +
                "CSV or xlsx.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The file to write: .jsonl, .json, .parquet, .csv or .xlsx.",
            HelpName = "FILE",
            Required = true,
        };
        var to = Options.Choice("--to", "The layout to write.", "messages", [.. LayoutFile.Layouts]);
        var ascii = new Option<bool>("--ascii") { Description = "Escape all that is not ASCII." };
        var skip = DataOptions.SkipInvalid();
        var command = new DocumentedCommand("convert",
            "Converts a file of records to another layout or file format. A record that the layout cannot hold, such " +
            "as a longer conversation in Alpaca's, is an error or a counted skip.")
        {
            Examples =
            [
                new("caravan data convert alpaca_data.json --out alpaca.jsonl", "From Alpaca's layout to messages"),
                new("caravan data convert train.jsonl --to sharegpt --out train.json", "And to ShareGPT's"),
                new("caravan data convert train.jsonl --out train.parquet", "Messages as the hub has them"),
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { output, to, ascii, skip })
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var (from, target) = (parsed.GetValue(file)!, parsed.GetValue(output)!);
            var tally = LayoutFile.Convert(
                from, target, parsed.GetValue(to)!, parsed.GetValue(ascii), parsed.GetValue(skip), context.Stop.Token);
            Manifest.SaveDerived(
                from, target, Path.GetFileNameWithoutExtension(target), 0, tally.Read, tally.Written, tally.Skipped);
            context.Terminal.Out.WriteLine($"{tally.Written} records in {target}");
            foreach (var (code, count) in tally.Skipped)
                context.Terminal.Out.WriteLine(UntrustedText.Harmless($"{count} skipped: {tally.Examples[code][0]}"));
            return ExitCode.Success;
        });
        return command;
    }
}
