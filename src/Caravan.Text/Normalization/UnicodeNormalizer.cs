using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Unicode normalization form C.</summary>
internal sealed class UnicodeNormalizer : Normalizer
{
    /// <summary>Below this every character is its own normal form and never joins with the one before it.</summary>
    private const char FirstChanging = '\u0300';

    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        if (!chars.ContainsAnyExceptInRange('\0', (char)(FirstChanging - 1)))
            return;
        text.BeginRewrite(chars.Length);
        var start = 0;
        while (start < chars.Length)
        {
            var end = start + 1;
            while (end < chars.Length && chars[end] >= FirstChanging)
                end++;
            var group = new string(chars[start..end]);
            var normal = IsWellFormed(group) ? group.Normalize(NormalizationForm.FormC) : group;
            if (normal == group)
                text.Keep(start, end);
            else
                text.Append(normal, start, end);
            start = end;
        }
        text.EndRewrite();
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\uFFFE')
                return false;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!Rune.TryGetRuneAt(text, i, out _))
                return false;
            i++;
        }
        return true;
    }
}
