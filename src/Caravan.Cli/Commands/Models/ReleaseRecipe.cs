using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Models;

/// <summary>The command lines that turn a released checkpoint into a model that can be used.</summary>
internal static class ReleaseRecipe
{
    /// <summary>The lines in order, each as its words after <c>caravan</c> and what it is for.</summary>
    public static IReadOnlyList<(string[] Words, string Purpose)> Of(ReleasedModel model)
    {
        if (model.Kind == ReleaseKind.Full)
            return [(Fetch(model, model.Name), "The model"), (["chat", "--model", Folder(model)], "Talk with it")];
        // "LLaMA 7B" lies in the folder 7B of what Meta hands out.
        var @base = $"llama-{model.Size.ToLowerInvariant()}";
        var diff = $"{model.Name}-diff";
        return
        [
            (["weights", "convert", $"llama/{model.Size}", @base],
                $"The base, {model.Base}, from the files that Meta gives to who asks for them"),
            (Fetch(model, diff), "The diff"),
            (["weights", "recover", "--path-raw", @base, "--path-diff", diff, "--path-tuned", model.Name],
                "The model: base + diff"),
            (["chat", "--model", model.Name], "Talk with it"),
        ];
    }

    /// <summary>The words as a line for a shell.</summary>
    public static string Line(string[] words) => $"caravan {string.Join(' ', words.Select(Shell.Quote))}";

    private static string[] Fetch(ReleasedModel model, string output) =>
    [
        "models", "fetch", model.Id,
        .. model.Folder is { } folder ? new[] { "--include", $"{folder}/" } : [],
        "--output", output,
    ];

    private static string Folder(ReleasedModel model) =>
        model.Folder is { } folder ? $"{model.Name}/{folder}" : model.Name;
}
