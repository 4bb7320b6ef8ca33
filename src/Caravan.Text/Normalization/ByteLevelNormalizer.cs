using System.Text;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>
/// Writes text as the bytes of its UTF-8 form in <see cref="ByteLevelAlphabet"/>, for models that see the bytes as
/// characters. An unpaired surrogate is read as U+FFFD.
/// </summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        text.BeginRewrite(text.Length);
        Write(text, 0, text.Length);
        text.EndRewrite();
    }

    /// <summary>Appends the characters [start, end) in the pass over the text that is under way.</summary>
    public static void Write(NormalizedText text, int start, int end)
    {
        Span<byte> bytes = stackalloc byte[4];
        var chars = text.Chars;
        while (start < end)
        {
            Rune.DecodeFromUtf16(chars[start..end], out var rune, out var consumed);
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                text.Append(ByteLevelAlphabet.CharOf(value), start, start + consumed);
            start += consumed;
        }
    }
}
