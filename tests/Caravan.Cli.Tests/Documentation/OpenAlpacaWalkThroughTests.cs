using System.Text.Json;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>Runs the commands of docs/coming-from-openalpaca.md, "From Dolly's file to an answer", on a tiny
/// model.</summary>
public sealed class OpenAlpacaWalkThroughTests : IDisposable
{
    private readonly TinyModel _model = new(maxPositions: 512);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-openalpaca-");

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Commands_OfThePage_LeadToAnAnswer()
    {
        Directory.CreateDirectory(In("raw", "openalpaca"));
        File.WriteAllLines(In("raw", "openalpaca", "databricks-dolly-15k.jsonl"), Enumerable.Range(0, 12)
            .Select(i => JsonSerializer.Serialize(new
        {
            instruction = $"dog {i}",
            context = i % 2 == 0 ? "" : "cat",
            response = i == 11 ? string.Join(' ', Enumerable.Repeat("word", 2001)) : "the dog",
            category = "open_qa",
        })));
        var commands = Commands();
        Assert.Equal(["data", "train", "weights", "generate"], commands.Select(command => command[0]));
        foreach (var command in commands)
        {
            // The page's training is of the real size.
            string[] more = command[0] == "train"
                ? ["--max-train-steps", "2", "--dataset-local-cache-dir", In("tokens"), "--quiet", "--dtype", "fp32",
                    "--gradient-accumulation-steps", "2"]
                : command[0] == "generate" ? ["--temperature", "0"] : [];
            var run = CommandRun.Of([.. command, .. more]);
            Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        }
        var records = File.ReadAllLines(In("data", "openalpaca", "openalpaca_data.jsonl"));
        Assert.Equal(11, records.Length);
        Assert.Contains("\"role\": \"system\"", records[1]);
        Assert.Contains("Below is an instruction", File.ReadAllText(In("release", "tokenizer_config.json")));
    }

    // The page's commands, its folders put into this test's.
    private List<string[]> Commands()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "coming-from-openalpaca.md"));
        var section = page[page.IndexOf("## From Dolly's file", StringComparison.Ordinal)..];
        var block = section.Split("```sh\n")[1].Split("```")[0].Replace("\\\n", " ");
        return [.. block.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Words(line).Skip(1).Select(Place).ToArray())];
    }

    private static IEnumerable<string> Words(string line) => line.Split('"')
        .SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private string Place(string word, int index) => word switch
    {
        "models/open_llama_3b" => _model.Path,
        "raw" or "data" or "release" when index > 0 => In(word),
        _ when word.StartsWith("configs/", StringComparison.Ordinal) => Path.Combine(Repository.Root, word),
        _ when word.StartsWith("data/", StringComparison.Ordinal)
            || word.StartsWith("runs/", StringComparison.Ordinal) => In(word),
        _ => word,
    };

    private string In(params string[] path) => Path.Combine([_folder.FullName, .. path]);
}
