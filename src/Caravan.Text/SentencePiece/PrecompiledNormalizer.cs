using System.Globalization;
using System.Text;
using Caravan.Text.Normalization;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// A <see cref="CharacterMap"/> the way Hugging Face's tokenizers apply it: to grapheme clusters of less than six
/// bytes as a whole, else character by character; a rule must fit exactly.
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map) : Normalizer
{
    private const int MaxClusterBytes = 5;

    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        text.BeginRewrite(chars.Length);
        for (var start = 0; start < chars.Length;)
        {
            var end = start + StringInfo.GetNextTextElementLength(chars[start..]);
            var isShort = Encoding.UTF8.GetByteCount(chars[start..end]) <= MaxClusterBytes;
            if (!isShort || !TryReplace(text, start, end))
                ReplaceEach(text, start, end);
            start = end;
        }
        text.EndRewrite();
    }

    private void ReplaceEach(NormalizedText text, int start, int end)
    {
        while (start < end)
        {
            Rune.DecodeFromUtf16(text.Chars[start..end], out _, out var length);
            if (!TryReplace(text, start, start + length))
                text.Keep(start, start + length);
            start += length;
        }
    }

    private bool TryReplace(NormalizedText text, int start, int end)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = bytes[..Encoding.UTF8.GetBytes(text.Chars[start..end], bytes)];
        if (map.LongestRule(bytes, out var length) is not { } replacement || length != bytes.Length)
            return false;
        text.Append(replacement, start, end);
        return true;
    }
}
