using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary>What <c>caravan weights card</c> asks for.</summary>
internal sealed class CardOptions
{
    public Argument<string> Model { get; } = new("model") { Description = "The model's folder, or a diff's." };

    public Option<string> ModelName { get; } = new("--model-name")
    {
        Description = "What the model is called on the hub: owner/name.",
        HelpName = "NAME",
        Required = true,
    };

    public Option<string> BaseModel { get; } = new("--base-model")
    {
        Description = "What it was trained from: a repository of the hub, or a name.",
        HelpName = "NAME",
        Required = true,
    };

    public Option<string> BasePath { get; } = Options.Path(
        "--base-path", "DIR", "The base model's folder; its licence is taken from there.");

    public Option<bool> Diff { get; } = new("--diff")
    {
        Description = "The weights are a diff. Those of make-diff are recognised.",
    };

    public Option<string[]> TrainingData { get; } = Many("--training-data", "FILE",
        "What it was trained on: a run's data.json or a data file's .report.json. [default: those in the folder]");

    public Option<string[]> Datasets { get; } = Many(
        "--dataset", "NAME", "A dataset of which there is no such record.");

    public Option<string> ScoreFile { get; } = Options.Path(
        "--scores", "FILE", "Results as JSON: {\"MMLU 0-shot\": 59.2, …}.");

    public Option<string[]> Scores { get; } = Many("--score", "BENCHMARK=X",
        "One result. Nothing is computed, so the average is given like the others: Average=46.3.");

    public Option<string> Prompt { get; } = Options.Choice(
        "--prompt-format", "The input format that the card explains.", "tulu", "tulu", "openalpaca", "none");

    public Option<string> LicenceFile { get; } = Options.Path(
        "--licence-file", "FILE", "Licence text with <MODELNAME> where the name belongs. [default: a general notice]");

    public Option<string[]> CitationFiles { get; } = Many(
        "--citation", "FILE", "BibTeX to add to what is known of the base.");

    public Option<string> GatedPrompt { get; } = new("--gated-prompt")
    {
        Description = "What people agree to on the hub before they download.",
        HelpName = "TEXT",
    };

    public Option<string[]> GatedFields { get; } = Many(
        "--gated-field", "NAME=TYPE", "What they fill in: text or checkbox.");

    public Option<bool> Overwrite { get; } = new("--overwrite")
    {
        Description = "Replace a card and licence that are there.",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Model);
        foreach (var option in new Option[]
        {
            ModelName, BaseModel, BasePath, Diff, TrainingData, Datasets, ScoreFile, Scores, Prompt, LicenceFile,
            CitationFiles, GatedPrompt, GatedFields, Overwrite,
        })
        {
            command.Options.Add(option);
        }
    }

    private static Option<string[]> Many(string name, string helpName, string description) => new(name)
    {
        Description = $"{description} May be given several times.",
        HelpName = helpName,
        DefaultValueFactory = _ => [],
    };
}
