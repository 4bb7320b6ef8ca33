using System.Text.RegularExpressions;
using Caravan.Data.Lineage;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>Runs the commands of docs/data.md in their order, on small files.</summary>
public sealed partial class DataGuideTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-guide-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Commands_InTheirOrder_AllWork()
    {
        var guide = System.IO.File.ReadAllText(Path.Combine(Repository.Root, "docs", "data.md"));
        Write("mine.yaml", Yaml().Match(guide).Groups[1].Value);
        Write("data/raw_train/dolly/databricks-dolly-15k.jsonl", Lines(20, i =>
            $$"""{"instruction": "Name river {{i}}.", "context": "", "response": "The Elbe and {{i}} more."}"""));
        Write("data/raw_train/code_alpaca/code_alpaca_20k.json",
            "[" + string.Join(",", Enumerable.Range(0, 5).Select(i =>
                $$"""{"instruction": "Print {{i}}.", "input": "", "output": "print({{i}})"}""")) + "]");
        Write("own.jsonl", """{"instruction": "What is two plus two, my friend of many years?", "output": "4"}""");
        Write("questions.jsonl", """{"question": "What is two plus two, my friend of many years?"}""");

        string[] lines = [.. Shell().Matches(guide).SelectMany(block => block.Groups[1].Value.Trim().Split('\n'))];
        Assert.True(lines.Length >= 9, "the guide has lost its commands");
        foreach (var line in lines.Where(line => !line.Contains(" fetch ")))
        {
            var run = CommandRun.Of([.. Arguments(line)]);
            Assert.True(run.ExitCode == 0, $"{line}: {run.Error}");
        }

        var mixed = Manifest.Beside(In("data/processed/mine/mine_data.jsonl"))!;
        Assert.Equal([10L, 2L, 1L], mixed.Parts.Select(part => part.Taken));
        var clean = Manifest.Beside(In("clean.parquet"))!;
        Assert.Contains(clean.Licences, source => source.Dataset == "code_alpaca");
        Assert.Equal("none stated", clean.Licence.Name);
    }

    // The guide's relative paths stand for files in the test's folder.
    private IEnumerable<string> Arguments(string line)
    {
        Assert.StartsWith("./caravan data ", line);
        string[] words = line["./caravan ".Length..].Split(' ');
        foreach (var word in words)
            yield return word is "clean" or "data/processed" || File().IsMatch(word) ? In(word) : word;
        if (words[1] is "prepare" or "mix")
        {
            foreach (var word in new[] { "--raw", In("data/raw_train"), "--out", In("data/processed") })
                yield return word;
        }
    }

    private static string Lines(int count, Func<int, string> line) =>
        string.Join("\n", Enumerable.Range(0, count).Select(line));

    private string In(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        System.IO.File.WriteAllText(In(name), text);
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex(@"\.(jsonl|yaml|html|parquet)(=all)?$")]
    private static partial Regex File();
}
