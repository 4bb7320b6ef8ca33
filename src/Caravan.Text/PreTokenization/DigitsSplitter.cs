using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Separates numbers from everything else, as runs or digit by digit.</summary>
internal sealed class DigitsSplitter(bool individualDigits) : WordSplitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var (start, position) = (0, 0);
        while (position < text.Length)
        {
            if (CharacterClass.At(text, position, out var length) != CharacterClass.Number)
            {
                position += length;
                continue;
            }
            words.Add(offset + start, offset + position);
            var end = individualDigits
                ? position + length
                : CharacterClass.RunEnd(text, position, CharacterClass.Number);
            words.Add(offset + position, offset + end);
            start = position = end;
        }
        words.Add(offset + start, offset + text.Length);
    }
}
