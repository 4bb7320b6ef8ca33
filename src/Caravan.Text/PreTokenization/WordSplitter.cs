using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>A pre-tokenizer that only finds boundaries and leaves the text as it is.</summary>
internal abstract class WordSplitter : PreTokenizer
{
    public sealed override void Apply(NormalizedText text, Workspace workspace)
    {
        var output = workspace.SplitWords;
        output.Clear();
        foreach (var word in workspace.Words.Spans)
            Split(text.Chars[word.Start..word.End], word.Start, output);
        (workspace.Words, workspace.SplitWords) = (output, workspace.Words);
    }

    /// <summary>
    /// Divides <paramref name="text"/>; the words' positions are shifted by <paramref name="offset"/>.
    /// </summary>
    protected abstract void Split(ReadOnlySpan<char> text, int offset, WordList words);
}
