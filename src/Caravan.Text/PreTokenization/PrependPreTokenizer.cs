using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>
/// Puts a character in front of words, so that a word is written alike wherever it stands (Metaspace, and ByteLevel's
/// add_prefix_space).
/// </summary>
internal sealed class PrependPreTokenizer(char mark, PrependScheme scheme) : PreTokenizer
{
    public override bool ChangesText => true;

    public override void Apply(NormalizedText text, Workspace workspace)
    {
        var chars = text.Chars;
        var output = workspace.SplitWords;
        output.Clear();
        text.BeginRewrite(chars.Length + workspace.Words.Count);
        foreach (var word in workspace.Words.Spans)
        {
            var start = text.Written.Length;
            var isFirst = word.Start == 0 && text.IsAtStart;
            if (chars[word.Start] != mark && (scheme == PrependScheme.Always || (scheme == PrependScheme.First
                && isFirst)))
                text.Append(mark, word.Start, word.Start);
            text.Keep(word.Start, word.End);
            output.Add(start, text.Written.Length);
        }
        text.EndRewrite();
        (workspace.Words, workspace.SplitWords) = (output, workspace.Words);
    }
}
