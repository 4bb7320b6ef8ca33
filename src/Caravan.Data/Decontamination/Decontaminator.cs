using Caravan.Files;

namespace Caravan.Data.Decontamination;

/// <summary>
/// Looks for benchmarks' questions in training data, whole or by runs of tokens, exhaustively and on all cores. A
/// message counts by itself: a question that is spread over two messages is not found.
/// </summary>
public sealed class Decontaminator
{
    private readonly IReadOnlyList<(TestSet Set, QuestionIndex Index)> _indexes;
    private readonly DecontaminationSettings _settings;
    private readonly double[][] _best;
    private readonly bool[][] _found;
    private readonly int[] _contaminated;

    /// <exception cref="BadInputException">A setting is impossible.</exception>
    public Decontaminator(IReadOnlyList<TestSet> testSets, DecontaminationSettings settings)
    {
        settings.Validate();
        _settings = settings;
        _indexes = [.. testSets.Select(
            set => (set, new QuestionIndex(set.Questions, settings.NgramSize, settings.Analyzer)))];
        _best = [.. testSets.Select(set => new double[set.Questions.Count])];
        _found = [.. testSets.Select(set => new bool[set.Questions.Count])];
        _contaminated = new int[testSets.Count];
    }

    /// <summary>Each record in order with the questions that contaminate it; none if it is clean.</summary>
    public IEnumerable<(InstructionRecord Record, IReadOnlyList<Contamination> Found)> Search(
        IEnumerable<InstructionRecord> records, CancellationToken cancellation = default)
    {
        var searched = OrderedParallel.Map(
            records.Chunk(64), chunk => Array.ConvertAll(chunk, record => (record, Matches(record))),
            Environment.ProcessorCount, cancellation);
        var position = 0;
        foreach (var (record, matches) in searched.SelectMany(chunk => chunk))
        {
            var found = new List<Contamination>();
            for (var set = 0; set < matches.Length; set++)
            {
                var before = found.Count;
                foreach (var (question, score) in matches[set].OrderBy(match => match.Key))
                {
                    _best[set][question] = Math.Max(_best[set][question], score);
                    if (!Contaminates(score))
                        continue;
                    _found[set][question] = true;
                    found.Add(new Contamination(_indexes[set].Set.Name, question, position, record.Id, score));
                }
                _contaminated[set] += found.Count > before ? 1 : 0;
            }
            position++;
            yield return (record, found);
        }
    }

    /// <summary>What the records searched so far have of each benchmark.</summary>
    public IReadOnlyList<TestSetReport> Reports =>
    [
        .. _indexes.Select((pair, i) => new TestSetReport
        {
            TestSet = pair.Set.Name,
            Questions = pair.Set.Questions.Count,
            WithoutText = pair.Set.WithoutText,
            ShortQuestions = pair.Index.Short.Count,
            Found = _found[i].Count(found => found),
            MeanScore = _best[i].Average(score => Scored(score)),
            ContaminatedRecords = _contaminated[i],
        }),
    ];

    // Whole questions count only if every field is there, all of it.
    private bool Contaminates(double score) =>
        _settings.NgramSize is null ? score > 1 - 1e-9 : score > _settings.Threshold!.Value;

    private double Scored(double score) => _settings.NgramSize is not null ? score : Contaminates(score) ? 1 : 0;

    private Dictionary<int, double>[] Matches(InstructionRecord record)
    {
        var matches = new Dictionary<int, double>[_indexes.Count];
        for (var set = 0; set < matches.Length; set++)
        {
            matches[set] = [];
            foreach (var message in record.Messages.Where(message => _settings.Roles.Contains(message.Role)))
            {
                foreach (var (question, score) in _indexes[set].Index.Search(message.Content))
                    matches[set][question] = Math.Max(matches[set].GetValueOrDefault(question), score);
            }
        }
        return matches;
    }
}
