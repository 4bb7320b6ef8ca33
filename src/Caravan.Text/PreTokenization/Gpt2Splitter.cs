using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>
/// GPT-2's pattern, written out:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class Gpt2Splitter : WordSplitter
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var start = 0;
        while (start < text.Length)
        {
            var end = WordEnd(text, start);
            words.Add(offset + start, offset + end);
            start = end;
        }
    }

    private static int WordEnd(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && ContractionLength(text[start..]) is var contraction and > 0)
            return start + contraction;
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = CharacterClass.At(text, first, out _);
        if (kind != CharacterClass.Space)
            return CharacterClass.RunEnd(text, first, kind);
        return SpaceEnd(text, start);
    }

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c>: a run of spaces leaves its last one to the word behind it, unless the text ends or that
    /// one is all there is.
    /// </summary>
    internal static int SpaceEnd(ReadOnlySpan<char> text, int start)
    {
        var end = CharacterClass.RunEnd(text, start, CharacterClass.Space);
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }

    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
            return 0;
        if (text[1] is 's' or 't' or 'm' or 'd')
            return 2;
        return text.Length > 2 && (text[1], text[2]) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
