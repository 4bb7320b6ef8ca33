using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Text;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights merge-lora</c>: an adapter into its base.</summary>
internal static class WeightsMergeLoraCommand
{
    public static Command Create(CommandContext context)
    {
        var adapter = OutputOptions.Path("--lora-model-name-or-path", "Folder of the adapter.");
        var baseModel = OutputOptions.Path(
            "--base-model-name-or-path", "Folder of the base; by default the one that the adapter names.",
            required: false);
        var tokenizer = OutputOptions.Path(
            "--tokenizer-name-or-path", "Folder of the tokenizer; by default the adapter's, or else the base's.",
            required: false);
        var target = OutputOptions.Path(
            "--output-dir", "Folder to write; by default that of the adapter with '_merged' behind it.",
            required: false);
        var quantized = OutputOptions.Flag(
            "--qlora", "The adapter was trained over an NF4 base: round the base to NF4 first.");
        var multiple = Options.Integer(
            "--pad-to-multiple-of", "Where the tokenizer needs more rows than the base has: round their number up.", 1,
            new NumberRange(1, 1 << 20));
        var output = new OutputOptions();
        var command = new DocumentedCommand("merge-lora", "Merges a LoRA adapter into its base model.")
        {
            ScriptOptions = ScriptOptions.MergeLora,
            Examples =
            [
                new("caravan weights merge-lora --lora-model-name-or-path lora --output-dir merged",
                    "One model of two"),
            ],
        };
        foreach (var option in new Option[] { adapter, baseModel, tokenizer, target, quantized, multiple })
            command.Options.Add(option);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            var adapterFolder = parsed.GetValue(adapter)!;
            var tokenizerFolder = parsed.GetValue(tokenizer);
            var merge = new LoraMergeOptions
            {
                BaseModel = parsed.GetValue(baseModel) ?? LoraConfigFile.Read(adapterFolder).BaseModel,
                QuantizedBase = parsed.GetValue(quantized),
                Tokenizer = tokenizerFolder,
                VocabularyRows = VocabularySize(tokenizerFolder ?? adapterFolder),
                VocabularyMultiple = (int)parsed.GetValue(multiple),
            };
            if (Directory.Exists(merge.BaseModel))
                WeightRun.PrintEstimate(context, merge.BaseModel);
            return WeightRun.Write(context, (progress, stop) => LoraMerge.Run(
                adapterFolder, parsed.GetValue(target) ?? Path.TrimEndingDirectorySeparator(adapterFolder) + "_merged",
                merge, output.Read(parsed), progress, stop));
        });
        return command;
    }

    /// <summary>
    /// The length of a folder's tokenizer, if it has one: the merged model needs a row for each token.
    /// </summary>
    private static int? VocabularySize(string folder) =>
        Array.Exists(
            new[] { "tokenizer.json", "tokenizer.model", "vocab.json" },
            name => File.Exists(Path.Combine(folder, name)))
            ? Tokenizer.Load(folder).VocabularySize : null;
}
