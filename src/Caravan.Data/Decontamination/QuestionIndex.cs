using System.Runtime.InteropServices;

namespace Caravan.Data.Decontamination;

/// <summary>
/// The questions' tokens and runs of tokens, looked up while training text streams by: memory is that of the
/// benchmarks, however large the training data.
/// </summary>
internal sealed class QuestionIndex
{
    private readonly Dictionary<string, int> _tokens = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<int, Dictionary<ulong, List<(int Text, int Position)>>> _runs = [];
    private readonly List<Text> _texts = [];
    private readonly TextAnalyzer _analyzer;

    /// <summary>One field of one question.</summary>
    internal sealed record Text(int Question, int[] Tokens, int Run);

    public QuestionIndex(IReadOnlyList<IReadOnlyList<string>> questions, int? ngramSize, TextAnalyzer analyzer)
    {
        _analyzer = analyzer;
        _lookup = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        FieldsOf = [.. questions.Select(fields => fields.Count)];
        for (var question = 0; question < questions.Count; question++)
        {
            foreach (var field in questions[question])
                Add(question, Tokens(field, learn: true), ngramSize);
        }
    }

    /// <summary>The number of fields of each question.</summary>
    public IReadOnlyList<int> FieldsOf { get; }

    /// <summary>Questions with a text that is shorter than an n-gram.</summary>
    public HashSet<int> Short { get; } = [];

    /// <summary>The questions in a text, each with the mean over its fields of the part that is there.</summary>
    public Dictionary<int, double> Search(string text)
    {
        var tokens = Tokens(text, learn: false);
        var covered = new Dictionary<int, HashSet<int>>();
        foreach (var (length, runs) in _runs)
        {
            for (var start = 0; start + length <= tokens.Length; start++)
            {
                if (!runs.TryGetValue(Hash(tokens.AsSpan(start, length)), out var places))
                    continue;
                foreach (var (field, position) in places)
                {
                    var run = _texts[field].Tokens.AsSpan(position, length);
                    if (!run.SequenceEqual(tokens.AsSpan(start, length)))
                        continue;
                    ref var positions = ref CollectionsMarshal.GetValueRefOrAddDefault(covered, field, out _);
                    positions ??= [];
                    for (var i = 0; i < length; i++)
                        positions.Add(position + i);
                }
            }
        }
        var scores = new Dictionary<int, double>();
        foreach (var (field, positions) in covered)
        {
            var question = _texts[field].Question;
            scores[question] = scores.GetValueOrDefault(question) +
                (double)positions.Count / _texts[field].Tokens.Length / FieldsOf[question];
        }
        return scores;
    }

    private void Add(int question, int[] tokens, int? ngramSize)
    {
        if (tokens.Length == 0)
            return;
        if (ngramSize > tokens.Length)
            Short.Add(question);
        var run = Math.Min(ngramSize ?? tokens.Length, tokens.Length);
        var text = _texts.Count;
        _texts.Add(new Text(question, tokens, run));
        ref var runs = ref CollectionsMarshal.GetValueRefOrAddDefault(_runs, run, out _);
        runs ??= [];
        for (var start = 0; start + run <= tokens.Length; start++)
        {
            ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(
                runs, Hash(tokens.AsSpan(start, run)), out _);
            (places ??= []).Add((text, start));
        }
    }

    // Training tokens that no question has become -1, which equals none of them.
    private int[] Tokens(string text, bool learn)
    {
        var tokens = new List<int>();
        var lower = text.ToLowerInvariant().AsSpan();
        while (!lower.IsEmpty)
        {
            var length = 0;
            while (length < lower.Length && !Separates(lower[length]))
                length++;
            if (length > 0)
            {
                if (_lookup.TryGetValue(lower[..length], out var id))
                    tokens.Add(id);
                else if (learn)
                {
                    tokens.Add(_tokens.Count);
                    _tokens.Add(lower[..length].ToString(), _tokens.Count);
                }
                else
                    tokens.Add(-1);
            }
            lower = lower[Math.Min(lower.Length, length + 1)..];
        }
        return [.. tokens];
    }

    private bool Separates(char character) => _analyzer == TextAnalyzer.Standard
        ? !char.IsLetterOrDigit(character)
        : character is ' ' or ',' or '.' or '?' or '!' or ':' or ';' or '(' or ')' or '"' or '-' or '\n' or '\\';

    private static ulong Hash(ReadOnlySpan<int> tokens)
    {
        var hash = 14695981039346656037UL;
        foreach (var token in tokens)
            hash = (hash ^ (uint)token) * 1099511628211UL;
        return hash;
    }
}
