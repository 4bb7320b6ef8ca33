using System.Text.Json;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Benchmark results of a model, in percent. Those of the Tülu paper's table come first, in its order. Nothing is
/// computed: the paper's average is not the mean of its columns, so it is given like any other score.
/// </summary>
public sealed class ScoreTable
{
    private const string Average = "Average";

    /// <summary>The columns of the Tülu paper's table as the models' cards have it (arXiv:2306.04751).</summary>
    public static IReadOnlyList<string> KnownColumns { get; } =
    [
        "MMLU 0-shot", "MMLU 5-shot", "GSM Direct", "GSM CoT", "BBH Direct", "BBH CoT", "TydiQA Gold-Passage",
        "TydiQA Closed-book", "Codex-Eval Pass@1", "Codex-Eval Pass@10", "AlpacaFarm vs Davinci-003", Average,
    ];

    private readonly Dictionary<string, double> _scores = new(StringComparer.Ordinal);

    public bool IsEmpty => _scores.Count == 0;

    /// <summary>Known columns in the paper's order, then the others as they came; the average is last.</summary>
    public IReadOnlyList<(string Column, double Score)> Columns =>
    [
        .. KnownColumns.Where(column => column != Average && _scores.ContainsKey(column))
            .Select(column => (column, _scores[column])),
        .. _scores.Where(score => !KnownColumns.Contains(score.Key)).Select(score => (score.Key, score.Value)),
        .. _scores.TryGetValue(Average, out var average) ? new[] { (Average, average) } : [],
    ];

    /// <summary>Adds the scores of a JSON object <c>{"MMLU 0-shot": 59.2, …}</c>.</summary>
    /// <exception cref="BadInputException">Not such an object.</exception>
    public void Read(string path)
    {
        foreach (var (column, value) in JsonFile.Read(path))
        {
            if (value is null || value.GetValueKind() != JsonValueKind.Number)
            {
                throw new BadInputException(
                    $"{path}: '{column}' is {value?.ToJsonString() ?? "null"}; expected a number in percent.");
            }
            Add(path, column, value.GetValue<double>());
        }
    }

    /// <summary>Adds a score.</summary>
    /// <param name="origin">Where it stands, for errors.</param>
    /// <exception cref="BadInputException">There is one already, it is no number, or the name is nearly a known one.
    /// </exception>
    public void Add(string origin, string column, double score)
    {
        if (column.Trim().Length == 0 || column.Any(char.IsControl))
            throw new BadInputException($"{origin}: a score needs the name of its benchmark.");
        if (!double.IsFinite(score))
            throw new BadInputException($"{origin}: '{column}' is {score}; expected a number in percent.");
        var meant = KnownColumns.FirstOrDefault(known => IsMisspelt(column, known));
        if (meant is not null && !KnownColumns.Contains(column))
            throw new BadInputException($"{origin}: there is no column '{column}'. Did you mean '{meant}'?");
        if (!_scores.TryAdd(column, score))
            throw new BadInputException($"{origin}: '{column}' has a score already.");
    }

    // "MMLU 1-shot" is one letter from "MMLU 0-shot" and another benchmark, so digits must agree.
    private static bool IsMisspelt(string column, string known) =>
        Spelling.Distance(column.ToLowerInvariant(), known.ToLowerInvariant()) <= 2 &&
        column.Where(char.IsDigit).SequenceEqual(known.Where(char.IsDigit));
}
