namespace Caravan.Text.Models;

/// <summary>Fills a merge table from merges that are written as text, in the order of their rank.</summary>
/// <param name="prefixLength">
/// Characters that mark a right side as the continuation of a word, left out when joining.
/// </param>
internal sealed class MergeTableBuilder(Vocabulary vocabulary, int capacity, int prefixLength = 0)
{
    private char[] _joined = new char[256];

    public MergeTable Table { get; } = new(capacity);

    /// <summary>Merges so far; the rank of the next one.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a merge written as two tokens with one space between.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Add(ReadOnlySpan<char> merge)
    {
        var space = merge.IndexOf(' ');
        return space < 0 || merge[(space + 1)..].Contains(' ')
            ? $"\"{merge}\" is not two tokens with a space between"
            : Add(merge[..space], merge[(space + 1)..]);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{char})"/>
    public string? Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (right.Length < prefixLength)
            return $"\"{right}\" lacks the prefix of a continuation";
        var tail = right[prefixLength..];
        var length = left.Length + tail.Length;
        if (length > _joined.Length)
            _joined = new char[length * 2];
        left.CopyTo(_joined);
        tail.CopyTo(_joined.AsSpan(left.Length));
        var joined = _joined.AsSpan(0, length);
        if (!vocabulary.TryFind(left, out var leftId))
            return $"\"{left}\" is not in the vocabulary";
        if (!vocabulary.TryFind(right, out var rightId))
            return $"\"{right}\" is not in the vocabulary";
        if (!vocabulary.TryFind(joined, out var mergedId))
            return $"\"{joined}\" is not in the vocabulary";
        Table.Add(leftId, rightId, Count++, mergedId);
        return null;
    }
}
