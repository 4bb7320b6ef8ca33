using Caravan.Text.Normalization;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// What SentencePiece does to text before segmentation, for models with the identity character map: a space is written
/// as ▁ (U+2581), one is put in front of the text (the dummy prefix), and runs of spaces may collapse.
/// </summary>
internal sealed class SentencePieceNormalizer(
    bool addDummyPrefix, bool prefixEverySegment, bool removeExtraWhitespace, bool escapeWhitespace, bool whitespaceIsSuffix)
    : Normalizer
{
    public const char Space = '\u2581';

    /// <param name="prefixEverySegment">
    /// Whether the text behind a special token gets the dummy prefix again (the "legacy" behaviour of the LLaMA
    /// tokenizer), or only the text that begins the input.
    /// </param>
    public SentencePieceNormalizer(SentencePieceModel model, bool prefixEverySegment)
        : this(
            model.AddDummyPrefix,
            prefixEverySegment,
            model.RemoveExtraWhitespace,
            model.EscapeWhitespace,
            model.WhitespaceIsSuffix)
    {
    }

    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        var (start, end) = (0, chars.Length);
        if (removeExtraWhitespace)
        {
            while (start < end && chars[start] == ' ')
                start++;
        }
        var hasPrefix = start < end && addDummyPrefix && (prefixEverySegment || text.IsAtStart);
        text.BeginRewrite(end - start + 1);
        if (hasPrefix && !whitespaceIsSuffix)
            text.Append(escapeWhitespace ? Space : ' ', start, start);
        var body = text.Written.Length;
        if (removeExtraWhitespace)
            KeepCollapsed(text, start, end, body);
        else
            text.Keep(start, end);
        if (escapeWhitespace)
            text.Written.Replace(' ', Space);
        if (hasPrefix && whitespaceIsSuffix)
            text.Append(escapeWhitespace ? Space : ' ', end, end);
        text.EndRewrite();
    }

    /// <summary>Keeps one of several spaces and none at the end. A ▁ in the text counts as a space at the end only.</summary>
    private void KeepCollapsed(NormalizedText text, int start, int end, int body)
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
        while (length > 0 && (written[length - 1] == ' ' || (escapeWhitespace && written[length - 1] == Space)))
            length--;
        text.TruncateWritten(whitespaceIsSuffix ? Math.Max(length, body) : length);
    }
}
