using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// PRM800K: solutions of mathematical problems whose steps people judged. Of phase 1, a solution against the same one
/// with another choice in one step; of phase 2, the reference solution against a random one with an error in it.
/// </summary>
public sealed class Prm800K : PreferenceDataset
{
    private const string Source = "https://github.com/openai/prm800k/raw/main/prm800k/data/";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "prm800k",
        Title = "PRM800K, solutions judged step by step",
        Homepage = "https://github.com/openai/prm800k",
        Licence = Licence.Mit,
        Size = "one pair for each problem of phase 2",
        Version = 3,
        Files =
        [
            new("phase1_train.jsonl", Source + "phase1_train.jsonl", Optional: true),
            new("phase2_train.jsonl", Source + "phase2_train.jsonl"),
        ],
        Options = [new("phase", "2", "which phase: 1 or 2")],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run) =>
        run.Choice("phase", "1", "2") == "1" ? StepChoices(run) : FoundErrors(run);

    private IEnumerable<PreferenceRecord> StepChoices(ConversionRun run)
    {
        var (steps, answers) = (run.Draws("step"), run.Draws("answer"));
        return run.Map<PreferenceRecord>([run.Raw.Need("phase1_train.jsonl")], null, (source, records) =>
        {
            var label = Nested(source, "label");
            if (FinishReason(label) != "solution")
            {
                source.Skip("no_solution");
                return;
            }
            var parts = source.Array(label, "steps", "label.steps").EnumerateArray().Select(Step).ToList();
            var choices = parts.FindAll(part => part.Others.Count > 0);
            if (parts.Count == 0 || parts.Exists(part => part.Chosen is null) || choices.Count == 0)
            {
                source.Skip(choices.Count == 0 ? "no_other_choice" : "step_without_completion");
                return;
            }
            var changed = choices[steps.At(source.Ordinal, choices.Count)];
            var other = changed.Others[answers.At(source.Ordinal, changed.Others.Count)];
            records.Add(Pair(source.Origin, Problem(source), string.Join('\n', parts.Select(part => part.Chosen)),
                string.Join('\n', parts.Select(part => ReferenceEquals(part, changed) ? other : part.Chosen))));
        });
    }

    // Of each problem's rows the one with the highest draw: a random choice that needs no more than one in memory.
    private IEnumerable<PreferenceRecord> FoundErrors(ConversionRun run)
    {
        var draws = run.Draws("sample");
        return OneOfEachProblem(run, run.Map<(string Problem, double Draw, PreferenceRecord Pair)>(
            [run.Raw.Need("phase2_train.jsonl")], null, (source, records) =>
        {
            var question = Nested(source, "question");
            var solution = source.OptionalText(question, "ground_truth_solution", "question.ground_truth_solution");
            var steps = SourceRecord.Find(question, "pre_generated_steps");
            if (FinishReason(Nested(source, "label")) != "found_error")
                source.Skip("no_error_found");
            else if (solution is null || steps is not { ValueKind: JsonValueKind.Array } list)
                source.Skip(solution is null ? "no_reference_solution" : "no_steps");
            else
            {
                var wrong = string.Join('\n', list.EnumerateArray().Select((step, i) =>
                    source.Text(step, $"question.pre_generated_steps[{i}]")));
                var problem = Problem(source);
                records.Add((problem, draws.At(source.Ordinal), Pair(source.Origin, problem, solution, wrong)));
            }
        }));
    }

    private static IEnumerable<PreferenceRecord> OneOfEachProblem(
        ConversionRun run, IEnumerable<(string Problem, double Draw, PreferenceRecord Pair)> rows)
    {
        var chosen = new OrderedDictionary<string, (double Draw, PreferenceRecord Pair)>();
        foreach (var (problem, draw, pair) in rows)
        {
            if (chosen.TryGetValue(problem, out var other))
                run.Tally.Drop("another_of_the_problem", pair.Origin);
            if (other.Pair is null || draw > other.Draw)
                chosen[problem] = (draw, pair);
        }
        foreach (var (_, pair) in chosen.Values)
            yield return pair;
    }

    private static JsonElement Nested(SourceRecord source, string key) =>
        SourceRecord.Find(source.Root, key) ?? throw source.Fault(RecordFault.NoMessages, $"{key}: missing.");

    private static string Problem(SourceRecord source) =>
        source.Text(Nested(source, "question"), "problem", "question.problem");

    private static string? FinishReason(JsonElement label) => Text(SourceRecord.Find(label, "finish_reason"));

    private static StepChoice Step(JsonElement step)
    {
        string?[] completions = SourceRecord.Find(step, "completions") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(completion => Text(SourceRecord.Find(completion, "text")))] : [];
        var chosen = SourceRecord.Find(step, "chosen_completion") is { ValueKind: JsonValueKind.Number } number &&
            number.TryGetInt32(out var index) && index >= 0 && index < completions.Length ? index : -1;
        var human = SourceRecord.Find(step, "human_completion");
        var text = chosen >= 0 ? completions[chosen] : Text(human) ?? Text(SourceRecord.Find(human ?? default, "text"));
        return new StepChoice(text, [.. completions.Where((other, i) => i != chosen).OfType<string>()]);
    }

    private static string? Text(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private sealed record StepChoice(string? Chosen, IReadOnlyList<string> Others);
}
