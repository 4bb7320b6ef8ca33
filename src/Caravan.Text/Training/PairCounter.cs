using System.Text;

namespace Caravan.Text.Training;

/// <summary>
/// The words of a training text as symbols, with the number of times each pair of neighbours occurs. A merge touches
/// only the words that hold its pair.
/// </summary>
/// <param name="firstId">The symbol of byte 0; byte b is <paramref name="firstId"/> + b.</param>
internal sealed class PairCounter(int firstId)
{
    private readonly List<(int[] Symbols, int Length, long Count)> _words = [];
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _wordsOf = [];
    private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();
    private readonly HashSet<(int Left, int Right)> _changed = [];

    public void AddWord(string word, long count)
    {
        var symbols = Encoding.UTF8.GetBytes(word).Select(value => firstId + value).ToArray();
        for (var i = 0; i + 1 < symbols.Length; i++)
            Change((symbols[i], symbols[i + 1]), count, _words.Count);
        _words.Add((symbols, symbols.Length, count));
    }

    /// <summary>The pair that occurs most often, of several the one with the lowest symbols.</summary>
    /// <returns>False if no pair occurs <paramref name="minFrequency"/> times.</returns>
    public bool TryTakeMostFrequent(int minFrequency, out int left, out int right)
    {
        QueueChanged();
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            // The queue also holds counts of earlier times; the present count tells them apart.
            if (_counts.GetValueOrDefault(pair) != -priority.NegativeCount)
                continue;
            (left, right) = pair;
            return -priority.NegativeCount >= minFrequency;
        }
        (left, right) = (0, 0);
        return false;
    }

    /// <summary>Replaces the pair by one symbol in every word.</summary>
    public void Merge(int left, int right, int merged)
    {
        if (!_wordsOf.Remove((left, right), out var words))
            return;
        foreach (var index in words)
        {
            var (symbols, length, count) = _words[index];
            var kept = 0;
            for (var i = 0; i < length; i++)
            {
                if (i + 1 == length || symbols[i] != left || symbols[i + 1] != right)
                {
                    symbols[kept++] = symbols[i];
                    continue;
                }
                if (kept > 0)
                {
                    Change((symbols[kept - 1], left), -count, index);
                    Change((symbols[kept - 1], merged), count, index);
                }
                if (i + 2 < length)
                {
                    Change((right, symbols[i + 2]), -count, index);
                    Change((merged, symbols[i + 2]), count, index);
                }
                symbols[kept++] = merged;
                i++;
            }
            _words[index] = (symbols, kept, count);
        }
        _counts.Remove((left, right));
        _changed.Remove((left, right));
    }

    private void Change((int Left, int Right) pair, long difference, int word)
    {
        var count = _counts.GetValueOrDefault(pair) + difference;
        _counts[pair] = count;
        _changed.Add(pair);
        if (difference < 0)
            return;
        if (!_wordsOf.TryGetValue(pair, out var words))
            _wordsOf[pair] = words = [];
        words.Add(word);
    }

    private void QueueChanged()
    {
        foreach (var pair in _changed)
        {
            var count = _counts[pair];
            if (count > 0)
                _queue.Enqueue(pair, (-count, pair.Left, pair.Right));
            else
                _counts.Remove(pair);
        }
        _changed.Clear();
    }
}
