using System.Runtime.CompilerServices;
using System.Text;

namespace Caravan.Text.Models;

/// <summary>Fills a merge table from merges that are written as text, in the order of their rank.</summary>
/// <param name="capacity">How many merges to expect.</param>
/// <param name="prefixLength">
/// Bytes that mark a right side as the continuation of a word, left out when joining.
/// </param>
internal sealed class MergeTableBuilder(Vocabulary vocabulary, int capacity, int prefixLength = 0)
{
    private byte[] _joined = new byte[256];

    public MergeTable Table { get; } = new(capacity);

    /// <summary>Merges so far; the rank of the next one.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a merge written as two tokens with one space between, in UTF-8.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Add(ReadOnlySpan<byte> merge)
    {
        var space = merge.IndexOf((byte)' ');
        return space < 0 || merge[(space + 1)..].Contains((byte)' ')
            ? $"\"{Encoding.UTF8.GetString(merge)}\" is not two tokens with a space between"
            : Add(merge[..space], merge[(space + 1)..]);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{byte})"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string? Add(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (right.Length < prefixLength)
            return $"\"{Encoding.UTF8.GetString(right)}\" lacks the prefix of a continuation";
        if (!vocabulary.TryFind(left, out var leftId))
            return Unknown(left);
        if (!vocabulary.TryFind(right, out var rightId))
            return Unknown(right);
        var tail = right[prefixLength..];
        var length = left.Length + tail.Length;
        if (length > _joined.Length)
            _joined = new byte[length * 2];
        left.CopyTo(_joined);
        tail.CopyTo(_joined.AsSpan(left.Length));
        var joined = _joined.AsSpan(0, length);
        if (!vocabulary.TryFind(joined, out var mergedId))
            return Unknown(joined);
        Table.Add(leftId, rightId, Count++, mergedId);
        return null;
    }

    private static string Unknown(ReadOnlySpan<byte> token) =>
        $"\"{Encoding.UTF8.GetString(token)}\" is not in the vocabulary";
}
