using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary>
/// <c>caravan weights convert</c> and <c>shard</c>: the same weights in another type, format or file size.
/// </summary>
internal static class WeightsConvertCommand
{
    public static Command Create(CommandContext context, string name)
    {
        var input = new Argument<string>("input")
        {
            Description = "A Hugging Face model folder, a weight file, Meta's LLaMA folder, or an EasyLM file.",
        };
        var target = new Argument<string>("output") { Description = "Folder to write." };
        var configuration = OutputOptions.Path(
            "--config-from", "For EasyLM files: a model folder with the config.json and tokenizer of the result.",
            required: false);
        var output = new OutputOptions(withEasyLm: name == "convert");
        var command = name == "shard"
            ? new DocumentedCommand(name, "Splits weights into files of limited size.")
            {
                Examples =
                [
                    new("caravan weights shard model out --max-shard-size 5GB --format bin",
                        "As OpenAlpaca's make_shards"),
                ],
            }
            : new DocumentedCommand(
                name, "Converts type and format; Meta's and EasyLM's LLaMA files to Hugging Face's.")
            {
                ScriptOptions = ScriptOptions.Convert,
                Examples =
                [
                    new("caravan weights convert model out --dtype bf16", "Another element type"),
                    new("caravan weights convert llama/7B out", "Meta's files"),
                    new("caravan weights convert streaming_params out --config-from llama-7b", "EasyLM's"),
                ],
            };
        command.Arguments.Add(input);
        command.Arguments.Add(target);
        if (name == "convert")
            command.Options.Add(configuration);
        output.AddTo(command);
        command.SetAction(parsed => WeightRun.Write(context, (progress, stop) => WeightConverter.Convert(
            parsed.GetValue(input)!, parsed.GetValue(target)!,
            name == "convert" ? parsed.GetValue(configuration) : null,
            output.Read(parsed), progress, stop)));
        return command;
    }
}
