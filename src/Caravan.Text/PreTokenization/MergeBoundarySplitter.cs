using Caravan.Text.Models;
using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>For models without words (LLaMA's tokenizer.json): cuts a text where that makes no difference.</summary>
internal sealed class MergeBoundarySplitter(MergeBoundaries boundaries) : WordSplitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, WordList words) =>
        boundaries.Cut(text, offset, words);
}
