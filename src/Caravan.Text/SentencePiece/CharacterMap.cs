using System.Buffers.Binary;
using System.Text;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// SentencePiece's precompiled normalization rules: a double-array trie (Darts-clone's layout) over UTF-8 from which
/// the longest rule that fits is read, and the replacements as zero-terminated strings.
/// </summary>
internal sealed class CharacterMap
{
    private const int MaxRuleBytes = 4096;

    private readonly uint[] _units;
    private readonly string[] _replacements;
    private readonly Dictionary<int, int> _replacementAt = [];

    private CharacterMap(uint[] units, List<string> replacements, Dictionary<int, int> replacementAt)
    {
        _units = units;
        _replacements = [.. replacements];
        _replacementAt = replacementAt;
    }

    /// <summary>The map in these bytes, or null if they are none.</summary>
    public static CharacterMap? TryParse(ReadOnlySpan<byte> content)
    {
        if (content.Length < 4)
            return null;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(content);
        if (size % 4 != 0 || size == 0 || size > content.Length - 4)
            return null;
        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(content[(4 + (i * 4))..]);

        var text = content[(4 + (int)size)..];
        var replacements = new List<string>();
        var replacementAt = new Dictionary<int, int>();
        for (var start = 0; start < text.Length;)
        {
            var length = text[start..].IndexOf((byte)0);
            if (length < 0)
                length = text.Length - start;
            replacementAt[start] = replacements.Count;
            replacements.Add(Encoding.UTF8.GetString(text.Slice(start, length)));
            start += length + 1;
        }
        return new CharacterMap(units, replacements, replacementAt);
    }

    /// <summary>
    /// The replacement of the longest rule that the text begins with, and how many bytes that rule takes.
    /// </summary>
    public string? LongestRule(ReadOnlySpan<byte> text, out int length)
    {
        (length, string? found) = (0, null);
        var node = OffsetOf(_units[0]);
        for (var i = 0; i < text.Length && i < MaxRuleBytes; i++)
        {
            node ^= text[i];
            if (node >= (uint)_units.Length || text[i] == 0)
                break;
            var unit = _units[node];
            if ((unit & 0x800000FF) != text[i])
                break;
            node ^= OffsetOf(unit);
            if (node >= (uint)_units.Length)
                break;
            var hasLeaf = (unit >> 8 & 1) != 0;
            if (hasLeaf && _replacementAt.TryGetValue((int)(_units[node] & 0x7FFFFFFF), out var index))
                (length, found) = (i + 1, _replacements[index]);
        }
        return found;
    }

    private static uint OffsetOf(uint unit) => unit >> 10 << (int)((unit & (1u << 9)) >> 6);
}
