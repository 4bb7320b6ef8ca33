using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Training.Configuration;

namespace Caravan.Training.Run;

/// <summary>
/// A run's output directory: <c>run.json</c> (configuration, data fingerprints, versions), <c>metrics.jsonl</c>,
/// <c>checkpoints/step_N</c>, and at the end the model itself. It refuses what is not this run's, and a second process
/// while one is at work.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private const string RunFile = "run.json", CompletedFile = "COMPLETED", LockFile = "run.lock";
    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _lock;

    private RunDirectory(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
        try
        {
            _lock = new FileStream(
                In(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1,
                    FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new BadInputException(
                $"{path}: another process is training in this directory. Choose another output_dir.", error);
        }
    }

    public string Path { get; }

    /// <summary>Opens the directory for a new run, or for the same run to go on.</summary>
    /// <param name="method">The recipe's name.</param>
    /// <param name="facts">What must be equal for a run to go on, such as hashes of its data.</param>
    /// <exception cref="BadInputException">The directory holds something else, a finished run, or a run of another
    /// configuration or other data; the difference is named.</exception>
    public static RunDirectory Open<T>(string method, T config, IReadOnlyDictionary<string, string> facts)
        where T : TrainingConfig
    {
        var wanted = Describe(method, config, facts);
        var path = config.OutputDir;
        if (config.OverwriteOutputDir && Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        var isEmpty = !Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).All(IsLock);
        if (!isEmpty)
            CheckIsSame(path, wanted, [.. ConfigKey.Of<T>().Where(key => key.IsFree).Select(key => key.Name)]);
        var directory = new RunDirectory(path);
        if (isEmpty)
            AtomicFile.WriteText(directory.In(RunFile), wanted.ToJsonString(Json) + "\n");
        return directory;
    }

    /// <summary>A key's value in the run that a directory holds; null without a run or the key.</summary>
    internal static string? Recorded(string path, string key)
    {
        var runFile = System.IO.Path.Combine(path, RunFile);
        return File.Exists(runFile)
            ? JsonNode.Parse(File.ReadAllText(runFile))?["configuration"]?[key]?.ToString()
            : null;
    }

    /// <summary>The path of a file of the run.</summary>
    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Marks the run as finished, once the final model is in place.</summary>
    public void Complete() => AtomicFile.WriteText(In(CompletedFile), "COMPLETED");

    public void Dispose() => _lock.Dispose();

    private static bool IsLock(string entry) => System.IO.Path.GetFileName(entry) == LockFile;

    private static void CheckIsSame(string path, JsonObject wanted, HashSet<string> freeKeys)
    {
        const string remedy = "Choose another output_dir, or pass --overwrite-output-dir to replace what is there.";
        var runFile = System.IO.Path.Combine(path, RunFile);
        if (!File.Exists(runFile))
            throw new BadInputException($"{path}: this directory is not empty and holds no run of Caravan. {remedy}");
        if (File.Exists(System.IO.Path.Combine(path, CompletedFile)))
            throw new BadInputException($"{path}: this directory holds a finished run. {remedy}");
        var found = JsonNode.Parse(File.ReadAllText(runFile))!.AsObject();
        if ((string?)found["method"] != (string?)wanted["method"])
            throw new BadInputException($"{path}: this directory holds a run of {found["method"]}. {remedy}");
        foreach (var section in new[] { "configuration", "data" })
        {
            foreach (var (key, value) in wanted[section]!.AsObject())
            {
                var before = found[section]?[key]?.ToString();
                if (!freeKeys.Contains(key) && before != value?.ToString())
                {
                    throw new BadInputException(
                        $"{path}: the interrupted run in this directory had {key} = {before ?? "(not set)"}, and now " +
                        $"it is {value?.ToString() ?? "(not set)"}: it cannot go on. {remedy}");
                }
            }
        }
    }

    private static JsonObject Describe<T>(string method, T config, IReadOnlyDictionary<string, string> facts) => new()
    {
        ["method"] = method,
        ["configuration"] = new JsonObject(ConfigKey.Of<T>()
            .Select(key => KeyValuePair.Create(key.Name, (JsonNode?)key.Format(config!)))),
        ["data"] = new JsonObject(facts.Select(fact => KeyValuePair.Create(fact.Key, (JsonNode?)fact.Value))),
        ["environment"] = RunEnvironment.Describe(),
    };
}
