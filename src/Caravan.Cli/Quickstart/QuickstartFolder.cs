using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Cli.Quickstart;

/// <summary>
/// The output folder of a quickstart. A stage is done when its result stands there under its final name, so the folder
/// itself says where to go on.
/// </summary>
internal sealed class QuickstartFolder
{
    private const string Marker = "quickstart.json";

    private QuickstartFolder(string path) => Path = path;

    /// <summary>As the person wrote it.</summary>
    public string Path { get; }

    /// <summary>train.jsonl and held_out.jsonl.</summary>
    public string Data => In("data");

    public string TrainingFile => System.IO.Path.Combine(Data, "train.jsonl");

    public string HeldOutFile => System.IO.Path.Combine(Data, "held_out.jsonl");

    /// <summary>Tokenizer and model with random weights.</summary>
    public string Base => In("base");

    /// <summary>The instructions as tokens.</summary>
    public string Tokens => In("tokens");

    /// <summary>The training run's configuration.</summary>
    public string Configuration => In("sft.yaml");

    /// <summary>The training run's output directory, which ends as the trained model.</summary>
    public string Model => In("model");

    public bool IsTrained => File.Exists(System.IO.Path.Combine(Model, "COMPLETED"));

    public string ScoresBefore => In("scores-before.json");

    public string ScoresAfter => In("scores-after.json");

    /// <summary>The last thing that is written.</summary>
    public string Report => In("report.html");

    public bool IsFinished => File.Exists(Report);

    /// <summary>Opens a new folder, or one where the same quickstart was begun.</summary>
    /// <exception cref="BadInputException">The folder holds something else, or a quickstart with other
    /// settings.</exception>
    public static QuickstartFolder Open(string path, QuickstartSettings settings)
    {
        var folder = new QuickstartFolder(path);
        var marker = folder.In(Marker);
        if (File.Exists(path))
            throw new BadInputException($"--out {path}: this is a file; a folder is needed. Choose another --out.");
        if (File.Exists(marker))
            CheckIsSame(Read(marker), settings, path);
        else if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new BadInputException(
                $"--out {path}: this folder is not empty and holds no quickstart. Choose another --out, so that " +
                "nothing of yours is overwritten.");
        }
        else
            AtomicFile.WriteText(marker, Describe(settings).ToJsonString() + "\n");
        return folder;
    }

    private static JsonObject Describe(QuickstartSettings settings) => new()
    {
        ["quickstart"] = 1,
        ["seed"] = settings.Seed,
        ["max_steps"] = settings.MaxSteps,
    };

    private static JsonObject Read(string marker)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(marker)) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException error)
        {
            throw new BadInputException(
                $"{marker}: this file is damaged ({error.Message}). Delete the folder or choose another --out.", error);
        }
    }

    private static void CheckIsSame(JsonObject found, QuickstartSettings settings, string path)
    {
        foreach (var (key, value) in Describe(settings))
        {
            var before = found[key]?.ToJsonString() ?? "not set";
            var now = value?.ToJsonString() ?? "not set";
            if (before != now)
            {
                throw new BadInputException(
                    $"--out {path}: the quickstart that was begun in this folder had {key} = {before}, and now it is " +
                    $"{now}. Use the same options to go on, or choose another --out.");
            }
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
