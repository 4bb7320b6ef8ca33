using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Live;
using Caravan.Cli.Terminals;
using Caravan.Training;
using Caravan.Training.Configuration;
using Caravan.Training.Run;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan train sft</c>: supervised finetuning. Every key of <see cref="SftConfig"/> is an
/// option.</summary>
internal static class TrainSftCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string?>("config")
        {
            Description = "YAML file of the keys below, in snake_case. Options override it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var openAlpaca = new Option<string?>("--openalpaca")
        {
            Description = "Instead of a YAML file: the folder with OpenAlpaca's config/openllama.yaml and " +
                "dsconfig/openllama.json. Options override these, too.",
            HelpName = "DIR",
        };
        var ignore = new Option<bool>("--ignore-unsupported")
        {
            Description = "Pass over keys of open-instruct's that have no meaning here instead of refusing them.",
        };
        var quiet = new Option<bool>("--quiet") { Description = "Print nothing but errors." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per event." };
        var command = new DocumentedCommand("sft",
            "Finetunes a model on instructions and their answers. Stopped by Ctrl-C, SIGTERM or --time-limit, it " +
            "writes a checkpoint and exits with code 75; the same command goes on.")
        {
            Examples =
            [
                new("caravan train sft --model-name-or-path llama --train-file alpaca.json --validation-split 0.05 " +
                    "--output-dir runs/alpaca", "From a model and a file of instructions"),
                new("caravan train sft run.yaml --learning-rate 1e-5 --seed 7",
                    "From a file, with other values for two keys"),
                new("caravan train sft run.yaml --dataset-mixer math.jsonl 5000 chat.jsonl 0.5",
                    "5,000 records of one file and half of another"),
                new("caravan train sft --openalpaca OpenAlpaca --model-name-or-path open_llama_7b " +
                    "--train-file openalpaca.json --output-dir runs/openalpaca", "With OpenAlpaca's own settings"),
                new("caravan train sft run.yaml", "After Ctrl-C: the same command goes on where it stopped"),
            ],
        };
        command.Arguments.Add(file);
        var options = ConfigOptions.Of<SftConfig>(OpenInstructKeys.Sft.Values);
        options.AddTo(command);
        command.Options.Add(openAlpaca);
        command.Options.Add(ignore);
        command.Options.Add(quiet);
        command.Options.Add(json);
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is not null && result.GetValue(openAlpaca) is not null)
                result.AddError("a YAML file and --openalpaca are both given; give one of them.");
        });
        command.SetAction(parsed =>
        {
            var notices = new List<string>();
            var foreign = new ForeignKeys(OpenInstructKeys.Sft, parsed.GetValue(ignore), notices.Add);
            var config = parsed.GetValue(openAlpaca) is { } folder
                ? ConfigurationReader.ReadConverted<SftConfig>(
                    OpenAlpacaConfiguration.Read(folder, notices.Add), options.Given(parsed), foreign)
                : ConfigurationReader.Read<SftConfig>(parsed.GetValue(file), options.Given(parsed), foreign);
            var mode = parsed.GetValue(json) ? DisplayMode.Json
                : parsed.GetValue(quiet) ? DisplayMode.Quiet
                : DisplayMode.Person;
            try
            {
                return Run(context, config, notices, mode);
            }
            catch (OperationCanceledException) when (context.Stop.IsRequested)
            {
                return ExitCode.Interrupted; // while the records became tokens, which goes on as well
            }
        });
        return command;
    }

    private static int Run(CommandContext context, SftConfig config, List<string> notices, DisplayMode mode)
    {
        var result = TrainingDisplay.Show(context, mode, progress =>
        {
            notices.ForEach(notice => progress.Report(new Notice(notice)));
            return Sft.Run(config, progress, context.Stop.Token);
        });
        if (mode == DisplayMode.Person)
            context.Terminal.Out.WriteLine(Summarise(result));
        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Success;
    }

    private static string Summarise(SftResult result)
    {
        if (result.Interrupted)
            return $"Stopped after {Quantity.Count(result.Steps)} updates. The same command goes on from there.";
        var heldOut = result is { HeldOutLossBefore: { } before, HeldOutLossAfter: { } after }
            ? $" Held-out loss {before:0.0000} → {after:0.0000}."
            : "";
        var time = Quantity.Duration(TimeSpan.FromSeconds(result.Seconds));
        return $"{Quantity.Count(result.Steps)} updates in {time}.{heldOut}\n" +
            $"The model is in {result.OutputDir}, the report in {Path.Combine(result.OutputDir, "report.html")}.";
    }
}
