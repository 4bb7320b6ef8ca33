using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Splits text at single characters.</summary>
internal sealed class RuneSplitter(Func<Rune, bool> isSeparator, SplitBehavior behavior) : WordSplitter
{
    /// <summary>ASCII symbols and every punctuation character, as BERT has it.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? char.IsAsciiLetterOrDigit((char)rune.Value) is false && rune.Value is > ' ' and < 0x7F
            : Rune.IsPunctuation(rune);

    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var assembler = new SplitAssembler(text.Length, behavior, invert: false, offset, words);
        for (var position = 0; position < text.Length;)
        {
            Rune.DecodeFromUtf16(text[position..], out var rune, out var length);
            if (isSeparator(rune))
                assembler.AddMatch(position, position + length);
            position += length;
        }
        assembler.Finish();
    }
}
