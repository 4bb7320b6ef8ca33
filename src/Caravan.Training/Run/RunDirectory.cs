using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Training.Configuration;

namespace Caravan.Training.Run;

/// <summary>
/// A run's output directory: <c>run.json</c> (configuration, data fingerprints, versions), <c>metrics.jsonl</c>,
/// <c>checkpoints/step_N</c>, and at the end the model itself. It refuses what is not this run's.
/// </summary>
public sealed class RunDirectory
{
    private const string RunFile = "run.json";
    private const string CompletedFile = "COMPLETED";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Keys that may change between the parts of an interrupted run: they do not touch what is computed.
    private static readonly string[] FreeKeys =
        ["output_dir", "overwrite_output_dir", "logging_steps", "eval_steps", "checkpointing_steps", "keep_last_n_checkpoints", "device"];

    private RunDirectory(string path) => Path = path;

    public string Path { get; }

    public string MetricsPath => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>Opens the directory for a new run, or for the same run to go on.</summary>
    /// <param name="facts">What must be equal for a run to go on, such as hashes of its data.</param>
    /// <exception cref="BadInputException">The directory holds something else, a finished run, or a run of another
    /// configuration or other data; the difference is named.</exception>
    public static RunDirectory Open(SftConfig config, IReadOnlyDictionary<string, string> facts)
    {
        var directory = new RunDirectory(config.OutputDir);
        if (config.OverwriteOutputDir && Directory.Exists(directory.Path))
            Directory.Delete(directory.Path, recursive: true);
        if (Directory.Exists(directory.Path) && Directory.EnumerateFileSystemEntries(directory.Path).Any())
            directory.CheckIsSame(Describe(config, facts));
        else
            AtomicFile.WriteText(directory.File(RunFile), Describe(config, facts).ToJsonString(Json) + "\n");
        return directory;
    }

    /// <summary>The newest complete checkpoint, or null.</summary>
    public (string Path, int Step)? LatestCheckpoint => Checkpoints().Select(checkpoint => ((string, int)?)checkpoint).LastOrDefault();

    /// <summary>Writes a checkpoint through <paramref name="write"/>; it appears whole or not at all. Older ones beyond
    /// the given number are removed.</summary>
    /// <param name="keep">Checkpoints to keep; -1: all.</param>
    public string SaveCheckpoint(int step, int keep, Action<string> write)
    {
        var path = System.IO.Path.Combine(Path, "checkpoints", $"step_{step}");
        using (var checkpoint = new AtomicDirectory(path))
        {
            write(checkpoint.Path);
            AtomicFile.WriteText(System.IO.Path.Combine(checkpoint.Path, CompletedFile), "COMPLETED");
            checkpoint.Commit();
        }
        var old = Checkpoints();
        foreach (var (oldPath, _) in old.Take(keep < 0 ? 0 : Math.Max(0, old.Count - keep)))
            Directory.Delete(oldPath, recursive: true);
        return path;
    }

    /// <summary>Marks the run as finished, once the final model is in place.</summary>
    public void Complete() => AtomicFile.WriteText(File(CompletedFile), "COMPLETED");

    private string File(string name) => System.IO.Path.Combine(Path, name);

    private List<(string Path, int Step)> Checkpoints()
    {
        var folder = System.IO.Path.Combine(Path, "checkpoints");
        if (!Directory.Exists(folder))
            return [];
        return [.. from path in Directory.EnumerateDirectories(folder, "step_*")
                   where System.IO.File.Exists(System.IO.Path.Combine(path, CompletedFile))
                   let name = System.IO.Path.GetFileName(path)
                   where int.TryParse(name.AsSpan("step_".Length), out _)
                   let step = int.Parse(name.AsSpan("step_".Length))
                   orderby step
                   select (path, step)];
    }

    private void CheckIsSame(JsonObject wanted)
    {
        const string remedy = "Choose another output_dir, or pass --overwrite-output-dir to replace what is there.";
        if (!System.IO.File.Exists(File(RunFile)))
            throw new BadInputException($"{Path}: this directory is not empty and holds no run of Caravan. {remedy}");
        if (System.IO.File.Exists(File(CompletedFile)))
            throw new BadInputException($"{Path}: this directory holds a finished run. {remedy}");
        var found = JsonNode.Parse(System.IO.File.ReadAllText(File(RunFile)))!.AsObject();
        foreach (var section in new[] { "configuration", "data" })
        {
            foreach (var (key, value) in wanted[section]!.AsObject())
            {
                var before = found[section]?[key]?.ToString();
                if (!FreeKeys.Contains(key) && before != value?.ToString())
                {
                    throw new BadInputException(
                        $"{Path}: the interrupted run in this directory had {key} = {before ?? "(not set)"}, and now it " +
                        $"is {value?.ToString() ?? "(not set)"}: it cannot go on. {remedy}");
                }
            }
        }
    }

    private static JsonObject Describe(SftConfig config, IReadOnlyDictionary<string, string> facts) => new()
    {
        ["method"] = "sft",
        ["configuration"] = new JsonObject(ConfigKey.Of<SftConfig>().Select(key => KeyValuePair.Create(key.Name, (JsonNode?)key.Format(config)))),
        ["data"] = new JsonObject(facts.Select(fact => KeyValuePair.Create(fact.Key, (JsonNode?)fact.Value))),
        ["environment"] = RunEnvironment.Describe(),
    };
}
