using Caravan.Text.Patterns;
using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Splits text where a pattern matches.</summary>
internal sealed class PatternSplitter(Pattern pattern, SplitBehavior behavior, bool invert) : WordSplitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var matches = new List<CharSpan>();
        pattern.FindAll(text, matches);
        SplitAssembler.AddWords(text.Length, matches, behavior, invert, offset, words);
    }
}
