using Caravan.Text.Normalization;
using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>
/// Writes words as bytes in the byte-level alphabet, for pre-tokenizers that divide them further (Falcon). Where none
/// follows, the model reads the bytes itself.
/// </summary>
internal sealed class ByteLevelPreTokenizer : PreTokenizer
{
    public override bool ChangesText => true;

    public override void Apply(NormalizedText text, Workspace workspace)
    {
        var output = workspace.SplitWords;
        output.Clear();
        text.BeginRewrite(text.Length);
        foreach (var word in workspace.Words.Spans)
        {
            var start = text.Written.Length;
            ByteLevelNormalizer.Write(text, word.Start, word.End);
            output.Add(start, text.Written.Length);
        }
        text.EndRewrite();
        (workspace.Words, workspace.SplitWords) = (output, workspace.Words);
    }
}
