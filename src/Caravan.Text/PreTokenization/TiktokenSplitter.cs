using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>
/// The pattern of cl100k and its kin (Llama 3, OLMo 2, Qwen2), written out:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>,
/// where k is 3, or 1 for Qwen2.
/// </summary>
internal sealed class TiktokenSplitter(int maxDigits) : WordSplitter
{
    /// <summary>The patterns that this splitter stands for, as tokenizer files write them.</summary>
    public static WordSplitter? ForPattern(string pattern) => pattern switch
    {
        Prefix + @"\p{N}{1,3}" + Suffix => new TiktokenSplitter(3),
        Prefix + @"\p{N}" + Suffix => new TiktokenSplitter(1),
        _ => null,
    };

    private const string Prefix = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Suffix = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

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

    private int WordEnd(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && ContractionLength(text[start..]) is var contraction and > 0)
            return start + contraction;

        var kind = CharacterClass.At(text, start, out var length);
        if (kind == CharacterClass.Letter)
            return CharacterClass.RunEnd(text, start, CharacterClass.Letter);
        if (kind == CharacterClass.Number)
            return NumberEnd(text, start);

        // One character of any other kind, except a line end, may stand before letters.
        var next = start + length;
        var isLineEnd = text[start] is '\r' or '\n';
        var nextKind = next < text.Length ? CharacterClass.At(text, next, out _) : CharacterClass.Space;
        if (!isLineEnd && nextKind == CharacterClass.Letter)
            return CharacterClass.RunEnd(text, next, CharacterClass.Letter);
        if (kind == CharacterClass.Other)
            return SymbolEnd(text, start);
        if (text[start] == ' ' && nextKind == CharacterClass.Other)
            return SymbolEnd(text, next);
        return SpaceEnd(text, start);
    }

    private int NumberEnd(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        for (var digits = 0; digits < maxDigits && end < text.Length; digits++)
        {
            if (CharacterClass.At(text, end, out var length) != CharacterClass.Number)
                break;
            end += length;
        }
        return end;
    }

    private static int SymbolEnd(ReadOnlySpan<char> text, int start)
    {
        var end = CharacterClass.RunEnd(text, start, CharacterClass.Other);
        while (end < text.Length && text[end] is '\r' or '\n')
            end++;
        return end;
    }

    /// <summary>
    /// <c>\s*[\r\n]+</c> reaches to the last line end of the run; without one the run is plain spaces.
    /// </summary>
    private static int SpaceEnd(ReadOnlySpan<char> text, int start)
    {
        var end = CharacterClass.RunEnd(text, start, CharacterClass.Space);
        var lastLineEnd = text[start..end].LastIndexOfAny('\r', '\n');
        if (lastLineEnd >= 0)
            return start + lastLineEnd + 1;
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }

    /// <summary>Case is ignored as Unicode does: ſ (U+017F) counts as s.</summary>
    private static int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2)
            return 0;
        var first = char.ToLowerInvariant(text[1]);
        if (first is 's' or 't' or 'm' or 'd' or '\u017f')
            return 2;
        if (text.Length < 3)
            return 0;
        return (first, char.ToLowerInvariant(text[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
