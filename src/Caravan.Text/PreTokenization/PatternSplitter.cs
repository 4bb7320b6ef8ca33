using Caravan.Text.Patterns;
using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Splits text where a pattern matches.</summary>
internal sealed class PatternSplitter(Pattern pattern, SplitBehavior behavior, bool invert) : WordSplitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var matches = pattern.Matches(text);
        var assembler = new SplitAssembler(text.Length, behavior, invert, offset, words);
        while (matches.Next(out var match))
            assembler.AddMatch(match.Start, match.End);
        assembler.Finish();
    }
}
