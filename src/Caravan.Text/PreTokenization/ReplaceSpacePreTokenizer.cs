using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Writes every space as another character (Metaspace's ▁).</summary>
internal sealed class ReplaceSpacePreTokenizer(char replacement) : PreTokenizer
{
    public override bool ChangesText => true;

    public override void Apply(NormalizedText text, Workspace workspace)
    {
        text.BeginRewrite(text.Length);
        text.Keep(0, text.Length);
        text.Written.Replace(' ', replacement);
        text.EndRewrite();
    }
}
