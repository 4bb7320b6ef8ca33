using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Files;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights init</c>: a model with random weights from a configuration.</summary>
internal static class WeightsInitCommand
{
    public static Command Create(CommandContext context)
    {
        var config = new Option<string>("--config")
        {
            Description = "A model's config.json, or the folder that holds it.",
            HelpName = "FILE",
            Required = true,
        };
        var output = OutputOptions.Path("--output", "Folder to write.");
        var tokenizer = OutputOptions.Path(
            "--tokenizer", "Folder whose tokenizer is copied to the model.", required: false);
        var seed = Options.Integer("--seed", "Seed of the random weights.", 0, NumberRange.Any);
        var dtype = Options.Dtype("Type to store; the values are drawn in fp32 in any case.");
        var overwrite = OutputOptions.Flag("--overwrite", "Replace the output folder if it is not empty.");
        var command = new DocumentedCommand(
            "init", "Makes a model with random weights from a configuration, by its architecture's published rules.")
        {
            Examples =
            [
                new("caravan weights init --config tiny/config.json --output tiny-model --tokenizer llama-7b",
                    "A model to train from nothing"),
            ],
            Options = { config, output, tokenizer, seed, dtype, overwrite },
        };
        command.SetAction(parsed =>
        {
            var target = parsed.GetValue(output)!;
            Refuse(target, parsed.GetValue(overwrite));
            Make(
                context, ModelConfigFile.Read(parsed.GetValue(config)!), target, parsed.GetValue(tokenizer),
                parsed.GetValue(seed), parsed.GetValue(dtype) == "bf16" ? Dtype.BFloat16 : Dtype.Float32);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Refuse(string target, bool overwrite)
    {
        if (File.Exists(target))
            throw new BadInputException($"{target}: this is a file; the output is a folder. Choose another name.");
        if (!overwrite && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BadInputException($"{target}: the output folder is not empty. Use --overwrite to replace it.");
    }

    private static void Make(
        CommandContext context, ModelConfigFile config, string target, string? tokenizerFolder, long seed, Dtype dtype)
    {
        var tokenizer = tokenizerFolder is null ? null : Tokenizer.Load(tokenizerFolder);
        using var generator = new RandomGenerator(seed);
        using var model = ModelFolder.Create(config, generator, dtype);
        if (tokenizer?.VocabularySize > model.VocabularySize)
        {
            throw new BadInputException(
                $"{config.Path}: 'vocab_size' is {model.VocabularySize}; expected at least the " +
                $"{tokenizer.VocabularySize} tokens of the tokenizer in {tokenizerFolder}.");
        }
        using var folder = new AtomicDirectory(target);
        ModelFolder.Save(model, folder.Path);
        tokenizer?.Save(folder.Path);
        folder.Commit();
        context.Terminal.Out.WriteLine(
            $"{target}: {config.ModelType}, {model.ParameterCount:N0} parameters, " +
            $"{ByteSize.Format(model.ParameterCount * dtype.Size())}");
    }
}
