using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Caravan.Files;

namespace Caravan.Data.Statistics;

/// <summary>
/// The statistics of a file of conversations, with open-instruct's names and meanings (<c>slug_statistics.json</c>) and
/// some more: lengths are in tokens of the given counter, without special ones and without truncation; the total of a
/// record is its user and assistant messages.
/// </summary>
public sealed partial record MessageStatistics
{
    private const string LongerThan = "num_instances_with_total_length_gt";

    private static readonly int[] Limits = [512, 768, 1024, 1536, 2048, 4096];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentSize = 4,
        NewLine = "\n",
    };

    /// <summary>What lengths are counted in, for example a tokenizer's name.</summary>
    public required string LengthUnit { get; init; }

    public required long NumInstances { get; init; }

    /// <summary>Messages of a record, without system messages.</summary>
    public required Distribution TurnsSummary { get; init; }

    public required Distribution UserPromptLengthsSummary { get; init; }

    public required Distribution AssistantResponseLengthsSummary { get; init; }

    public required Distribution TotalLengthsSummary { get; init; }

    /// <summary>Records longer than 512, 768, … in total, strictly; a member each in the file.</summary>
    public required IReadOnlyDictionary<string, long> NumInstancesWithTotalLengthGt { get; init; }

    /// <summary>Ids, the longest first; equally long ones in the file's order.</summary>
    [JsonPropertyName("top_100_longest_instances")]
    public required IReadOnlyList<string> Longest { get; init; }

    public required IReadOnlyDictionary<string, long> MessagesByRole { get; init; }

    /// <summary>User messages of a record on average.</summary>
    public required double AverageRounds { get; init; }

    /// <summary>Records of each <c>dataset</c>.</summary>
    public required IReadOnlyDictionary<string, long> Datasets { get; init; }

    /// <summary>Warnings by code, see <see cref="RecordWarning"/>.</summary>
    public required IReadOnlyDictionary<string, long> Warnings { get; init; }

    /// <summary>The records' total lengths, in order, for histograms.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> TotalLengths { get; init; } = [];

    /// <summary>The user messages' lengths, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> UserLengths { get; init; } = [];

    /// <summary>The assistant messages' lengths, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> AssistantLengths { get; init; } = [];

    /// <summary>Measures records on all cores; the order and the outcome do not depend on the threads.</summary>
    public static MessageStatistics Of(
        IEnumerable<InstructionRecord> records, Func<string, int> count, string lengthUnit,
            CancellationToken cancellation = default)
    {
        var measured = OrderedParallel.Map(records.Chunk(128), chunk => Array.ConvertAll(chunk, record =>
            (Record: record, Lengths: record.Messages.Select(
                message => (message.Role, Length: count(message.Content))).ToArray())),
            Environment.ProcessorCount, cancellation);
        List<int> turns = [], users = [], assistants = [], totals = [];
        var names = new List<string>();
        var ids = new HashSet<(string, string)>();
        SortedDictionary<string, long> roles = new(StringComparer.Ordinal), datasets = new(StringComparer.Ordinal),
            warnings = new(StringComparer.Ordinal);
        foreach (var (record, lengths) in measured.SelectMany(chunk => chunk))
        {
            turns.Add(lengths.Count(message => message.Role != "system"));
            users.AddRange(lengths.Where(message => message.Role == "user").Select(message => message.Length));
            assistants.AddRange(
                lengths.Where(message => message.Role == "assistant").Select(message => message.Length));
            totals.Add(lengths.Where(message => message.Role != "system").Sum(message => message.Length));
            names.Add(record.Id);
            foreach (var (role, _) in lengths)
                Increment(roles, role);
            Increment(datasets, record.Dataset);
            foreach (var code in RecordWarning.Of(record.Messages))
                Increment(warnings, code);
            if (!ids.Add((record.Dataset, record.Id)))
                Increment(warnings, RecordWarning.RepeatedId);
        }
        return new MessageStatistics
        {
            LengthUnit = lengthUnit,
            NumInstances = names.Count,
            TurnsSummary = Distribution.Of(turns),
            UserPromptLengthsSummary = Distribution.Of(users),
            AssistantResponseLengthsSummary = Distribution.Of(assistants),
            TotalLengthsSummary = Distribution.Of(totals),
            NumInstancesWithTotalLengthGt = Limits.ToDictionary(limit => $"{limit}", limit =>
                totals.LongCount(total => total > limit)),
            Longest = [.. Enumerable.Range(
                0, names.Count).OrderByDescending(i => totals[i]).Take(100).Select(i => names[i])],
            MessagesByRole = roles,
            AverageRounds = names.Count == 0 ? 0 : (double)users.Count / names.Count,
            Datasets = datasets,
            Warnings = warnings,
            TotalLengths = totals,
            UserLengths = users,
            AssistantLengths = assistants,
        };
    }

    /// <summary>Writes them as JSON.</summary>
    /// <param name="ofCompletions">
    /// The records are prompts with their completions: what open-instruct's file says of such data is added.
    /// </param>
    public void Save(string path, bool ofCompletions = false)
    {
        var json = JsonSerializer.SerializeToNode(this, StatisticsJson.Default.MessageStatistics)!.AsObject();
        var place = json.IndexOf(LongerThan);
        json.RemoveAt(place);
        foreach (var (limit, count) in NumInstancesWithTotalLengthGt)
            json.Insert(place++, $"{LongerThan}_{limit}", count);
        if (ofCompletions)
            AddCompletions(json);
        AtomicFile.WriteText(path, json.ToJsonString(Indented) + "\n");
    }

    // The names are those of the records' columns, prompt and completion.
    private void AddCompletions(JsonObject json)
    {
        foreach (var (name, lengths) in new[]
                 {
                     ("prompt", UserLengths), ("completion", AssistantLengths), ("prompt_completion", TotalLengths),
                 })
        {
            json.Add($"{name}_lengths_summary", JsonSerializer.SerializeToNode(
                Distribution.Of(lengths), StatisticsJson.Default.Distribution));
            json.Add($"num_instances_with_{name}_length_gt_512", lengths.LongCount(length => length > 512));
        }
        json.Add(
            "num_instances_with_completion_length_gt_768", AssistantLengths.LongCount(length => length > 768));
        json.Add(
            "num_instances_with_prompt_completion_length_gt_1024", TotalLengths.LongCount(length => length > 1024));
    }

    private static void Increment(SortedDictionary<string, long> counts, string key) =>
        counts[key] = counts.GetValueOrDefault(key) + 1;

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(MessageStatistics))]
    private sealed partial class StatisticsJson : JsonSerializerContext;
}
