using Caravan.Text.Normalization;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// What SentencePiece does to text before segmentation: the model's character rules, a space written as ▁ (U+2581), one
/// put in front of the text (the dummy prefix), and runs of spaces made one where the model says so.
/// </summary>
internal sealed class SentencePieceNormalizer : Normalizer
{
    public const char Space = '\u2581';

    private readonly SentencePieceModel _model;
    private readonly bool _prefixesEverySegment;
    private readonly RuleNormalizer? _rules;

    /// <param name="prefixesEverySegment">
    /// Whether the text behind a special token gets the dummy prefix again (the "legacy" behaviour of the LLaMA
    /// tokenizer), or only the text that begins the input.
    /// </param>
    /// <param name="rules">The model's character map; null for identity.</param>
    public SentencePieceNormalizer(SentencePieceModel model, bool prefixesEverySegment, CharacterMap? rules)
    {
        _model = model;
        _prefixesEverySegment = prefixesEverySegment;
        _rules = rules is null ? null : new RuleNormalizer(rules, UserDefinedPieces.Of(model));
    }

    public override void Apply(NormalizedText text)
    {
        var isAtStart = text.IsAtStart;
        _rules?.Apply(text);
        var chars = text.Chars;
        var (start, end) = (0, chars.Length);
        if (_model.RemoveExtraWhitespace)
        {
            while (start < end && chars[start] == ' ')
                start++;
        }
        var hasPrefix = start < end && _model.AddDummyPrefix && (_prefixesEverySegment || isAtStart);
        var space = _model.EscapeWhitespace ? Space : ' ';
        text.BeginRewrite(end - start + 1);
        if (hasPrefix && !_model.WhitespaceIsSuffix)
            text.Append(space, start, start);
        if (_model.RemoveExtraWhitespace)
            KeepCollapsed(text, start, end);
        else
            text.Keep(start, end);
        if (_model.EscapeWhitespace)
            text.Written.Replace(' ', Space);
        if (hasPrefix && _model.WhitespaceIsSuffix)
            text.Append(space, end, end);
        text.EndRewrite();
    }

    /// <summary>
    /// Keeps one of several spaces and none at the end. A ▁ in the text counts as a space only at the end, where the
    /// dummy prefix of a text without anything else goes, too.
    /// </summary>
    private void KeepCollapsed(NormalizedText text, int start, int end)
    {
        var chars = text.Chars;
        var from = start;
        for (var i = start + 1; i < end; i++)
        {
            if (chars[i] == ' ' && chars[i - 1] == ' ')
            {
                if (from < i)
                    text.Keep(from, i);
                from = i + 1;
            }
        }
        if (from < end)
            text.Keep(from, end);
        var written = text.Written;
        var length = written.Length;
        while (length > 0 && (written[length - 1] == ' ' || (_model.EscapeWhitespace && written[length - 1] == Space)))
            length--;
        text.TruncateWritten(length);
    }
}
