using System.CommandLine;
using System.Globalization;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights card</c>: a model's card and licence texts.</summary>
internal static class WeightsCardCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new CardOptions();
        var command = new DocumentedCommand(
            "card", "Writes a model's card (README.md) and licence texts into its folder.")
        {
            Examples =
            [
                new("caravan weights card out --model-name me/dolly-7b --base-model \"LLaMA 7B\" --base-path llama-7b",
                    "With what is known about the training data, and the base's licence"),
                new("caravan weights card out --model-name me/my-opt --base-model facebook/opt-1.3b " +
                    "--scores scores.json",
                    "With results"),
            ],
        };
        options.AddTo(command);
        command.SetAction(parsed => Run(context, options, parsed));
        return command;
    }

    private static int Run(CommandContext context, CardOptions options, ParseResult parsed)
    {
        var folder = parsed.GetValue(options.Model)!;
        string[] records = parsed.GetValue(options.TrainingData) is { Length: > 0 } given
            ? given
            : [.. TrainingDataFile.FindIn(folder)];
        var sources = records.SelectMany(TrainingDataFile.Read).DistinctBy(source => source.Dataset.Name).ToList();
        var named = parsed.GetValue(options.Datasets)!
            .Select(id => new CardDataset(id, id.Contains('/') ? $"{HubAccess.Home}/datasets/{id}" : null, null, null));
        var baseModel = parsed.GetValue(options.BaseModel)!;
        var prompt = parsed.GetValue(options.Prompt) switch
        {
            "openalpaca" => CardPrompt.OpenAlpaca,
            "none" => CardPrompt.None,
            _ => CardPrompt.Tulu,
        };
        var card = new ModelCard
        {
            Id = parsed.GetValue(options.ModelName)!,
            Base = baseModel,
            IsDiff = parsed.GetValue(options.Diff) || ModelCardFiles.IsDiff(folder),
            Datasets = [.. sources.Select(source => source.Dataset), .. named],
            StrictestDataLicence = sources.Count == 0 ? null
                : LicencePolicy.Strictest(sources.Select(source => source.Licence)).Name,
            Prompt = prompt,
            Scores = Scores(parsed.GetValue(options.ScoreFile), parsed.GetValue(options.Scores)!),
            Citations =
            [
                .. Citations.For(baseModel, prompt),
                .. parsed.GetValue(options.CitationFiles)!.Select(File.ReadAllText),
            ],
            GatedPrompt = parsed.GetValue(options.GatedPrompt),
            GatedFields = [.. parsed.GetValue(options.GatedFields)!.Select(GatedField)],
        };
        var warnings = ModelCardFiles.Write(
            folder, card, parsed.GetValue(options.LicenceFile), parsed.GetValue(options.BasePath),
            parsed.GetValue(options.Overwrite));
        if (sources.Count == 0)
        {
            context.Terminal.Error.WriteLine(
                "caravan: warning: there is no record of the training data, so the card cannot state its terms: give " +
                "--training-data.");
        }
        foreach (var warning in warnings)
            context.Terminal.Error.WriteLine($"caravan: warning: {warning}");
        context.Terminal.Out.WriteLine($"{folder}: card and licence of {card.Name}");
        return ExitCode.Success;
    }

    private static ScoreTable Scores(string? file, string[] scores)
    {
        var table = new ScoreTable();
        if (file is not null)
            table.Read(file);
        foreach (var score in scores)
        {
            var at = score.LastIndexOf('=');
            var number = score[(at + 1)..];
            if (at < 1 || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                throw new BadInputException($"--score {score}: expected BENCHMARK=NUMBER.");
            table.Add("--score", score[..at], value);
        }
        return table;
    }

    private static (string Name, string Type) GatedField(string field) =>
        field.LastIndexOf('=') is > 0 and var at && field[(at + 1)..] is ("text" or "checkbox") and var type
            ? (field[..at], type)
            : throw new BadInputException($"--gated-field {field}: expected NAME=text or NAME=checkbox.");
}
