using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Encoding;
using Caravan.Data.Lineage;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// SuperNI: the training tasks of Super-NaturalInstructions, up to 80 instances of each, the first 60 as an instruction
/// alone and the rest with two worked examples before them.
/// </summary>
public sealed class SuperNi : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "super_ni",
        Title = "Super-NaturalInstructions, multilingual training tasks",
        Homepage = "https://github.com/allenai/natural-instructions",
        Licence = Licence.Apache2,
        Size = "96,913",
        Unit = "instance",
        Files =
        [
            new("natural-instructions.zip",
                "https://github.com/allenai/natural-instructions/archive/refs/heads/master.zip"),
        ],
        Options =
        [
            new("zero_shot_examples_per_task", "60", "instances of a task without worked examples"),
            new("few_shot_examples_per_task", "20", "instances of a task with worked examples"),
            new("n_few_shot", "2", "worked examples before such an instance"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var split = run.Raw.Need("splits/xlingual/train_tasks.txt");
        // MMLU's questions are among the tasks, and they are a benchmark.
        var names = ReadLines(split).Where(task => !task.Name.Contains("_mmmlu_", StringComparison.Ordinal)).ToList();
        var missing = names.FirstOrDefault(task => run.Raw.Find($"tasks/{task.Name}.json") is null);
        if (missing.Name is not null)
            throw new BadInputException(
                $"{split}:{missing.Line}: the task file tasks/{missing.Name}.json is not there.");
        var zeroShot = run.Number("zero_shot_examples_per_task") ?? int.MaxValue;
        var fewShot = run.Number("few_shot_examples_per_task") ?? int.MaxValue;
        var examples = run.Number("n_few_shot") ?? 0;
        // One object a file, so the task's place in the list is its own.
        string[] locations = [.. names.Select(task => run.Raw.Need($"tasks/{task.Name}.json"))];
        return run.Records(locations, null, (source, records) =>
            ConvertTask(run, source, records, zeroShot, fewShot, examples), countsUnits: true);
    }

    private void ConvertTask(
        ConversionRun run, SourceRecord source, RecordBatch records, int zeroShot, int fewShot,
            int examples)
    {
        var task = Path.GetFileNameWithoutExtension(source.Origin.Path);
        var random = new SeededRandom(run.Settings.Seed, $"{Card.Slug}/{task}");
        var definition = SourceRecord.Find(source.Root, "Definition") is { ValueKind: JsonValueKind.Array } lines
            ? source.Text(lines.EnumerateArray().FirstOrDefault(), "Definition[0]")
            : source.Text("Definition");
        JsonElement[] instances = [.. source.Array("Instances").EnumerateArray()];
        JsonElement[] positive = [.. source.Array("Positive Examples").EnumerateArray()];
        source.Tally.Read += instances.Length;
        var wanted = Math.Min((long)zeroShot + fewShot, instances.Length);
        int[] chosen = instances.Length > wanted
            ? random.Sample(instances.Length, (int)wanted)
            : [.. Enumerable.Range(0, instances.Length)];
        source.Skip("not_sampled", instances.Length - chosen.Length);
        if (positive.Length == 0)
            source.Tally.Warn("no_positive_examples", source.Origin);
        for (var i = 0; i < chosen.Length; i++)
        {
            var path = $"Instances[{chosen[i]}]";
            var instance = instances[chosen[i]];
            var outputs = source.Array(instance, "output", path + ".output");
            if (outputs.GetArrayLength() == 0)
            {
                source.Skip("no_output");
                continue;
            }
            var input = source.Text(instance, "input", path + ".input");
            var output = source.Text(outputs[0], path + ".output[0]");
            var id = source.Text(instance, "id", path + ".id");
            if (i < zeroShot)
                InstructionEncoding.Add(records, source, id, definition, input, output, random.NextDouble());
            else
            {
                var (prompt, completion) =
                    FewShot(source, definition, Exemplars(positive, examples, random), input, output);
                records.Add(Pair(source, prompt, completion, id));
            }
            source.Tally.Kept++;
        }
    }

    private static IEnumerable<JsonElement> Exemplars(JsonElement[] positive, int count, SeededRandom random) =>
        positive.Length <= count ? positive : random.Sample(positive.Length, count).Select(index => positive[index]);

    private static (string Prompt, string Completion) FewShot(
        SourceRecord source, string definition, IEnumerable<JsonElement> exemplars, string input, string output)
    {
        var shots = exemplars.Select(exemplar =>
            Shot(source.Text(exemplar, "input", "Positive Examples.input")) +
            Whitespace.Trim(source.Text(exemplar, "output", "Positive Examples.output")) + "\n\n");
        return (Whitespace.Trim(definition) + "\n\n" + string.Concat(shots) + Shot(input), Whitespace.Trim(output));
    }

    private static string Shot(string input) => $"Input:\n{Whitespace.Trim(input)}\nOutput:\n";

    private static List<(string Name, int Line)> ReadLines(string location)
    {
        using var reader = new StreamReader(RawFile.Open(location));
        var lines = new List<(string, int)>();
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            if (text.Trim().Length > 0)
                lines.Add((text.Trim(), line));
        }
        return lines;
    }
}
