using System.Text;
using Caravan.Text.Normalization;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// A <see cref="CharacterMap"/> the way SentencePiece applies it: from the left always the longest rule that fits.
/// User-defined pieces stay as they are.
/// </summary>
internal sealed class RuleNormalizer(CharacterMap map, UserDefinedPieces? userDefined) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        var bytes = Encoding.UTF8.GetBytes(text.Chars.ToArray());
        text.BeginRewrite(chars.Length);
        var byteIndex = 0;
        for (var start = 0; start < chars.Length;)
        {
            var own = userDefined?.LengthAtStart(chars[start..]) ?? 0;
            string? replacement = null;
            var byteLength = 0;
            if (own == 0)
                replacement = map.LongestRule(bytes.AsSpan(byteIndex), out byteLength);
            if (replacement is not null)
            {
                var end = start + CharacterCount(bytes.AsSpan(byteIndex, byteLength));
                text.Append(replacement, start, end);
                start = end;
                byteIndex += byteLength;
                continue;
            }
            if (own == 0)
                Rune.DecodeFromUtf16(chars[start..], out _, out own);
            text.Keep(start, start + own);
            byteIndex += Encoding.UTF8.GetByteCount(chars.Slice(start, own));
            start += own;
        }
        text.EndRewrite();
    }

    /// <summary>UTF-16 units of UTF-8 text.</summary>
    private static int CharacterCount(ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        foreach (var value in bytes)
            count += value >= 0xF0 ? 2 : (value & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }
}
