using System.Text;
using Caravan.Cli.Terminals;
using Caravan.Text;

namespace Caravan.Cli.Tokens;

/// <summary>Tokens for reading, one a line: position, id, the characters covered, whether it carries loss, the piece as
/// the vocabulary writes it and the text behind it.</summary>
/// <param name="colours">Whether tokens with loss are green and the others of a conversation dim.</param>
internal sealed class TokenTable(Tokenizer tokenizer, bool colours)
{
    private const int PieceWidth = 18;

    /// <param name="title">Names the text, or null for a single one.</param>
    public void Append(StringBuilder page, string? title, TokenizedText tokenized)
    {
        if (title is not null)
            page.Append($"── {UntrustedText.Harmless(title)}\n");
        if (tokenized.Labels is not null)
            AppendText(page, tokenized);
        var width = Math.Max(10, $"{tokenized.Text.Length}".Length * 2 + 1);
        var lossColumn = tokenized.Labels is null ? "" : "  loss";
        page.Append($"{"#",6}  {"id",7}  {"characters".PadLeft(width)}{lossColumn}  ")
            .Append("piece".PadRight(PieceWidth)).Append("  text\n");
        var ranges = tokenized.OffsetsInCodePoints();
        for (var i = 0; i < tokenized.Ids.Length; i++)
        {
            var (range, covered) = (ranges[i], tokenized.Offsets[i]);
            var characters = (range.Length == 0 ? $"{range.Start}" : $"{range.Start}–{range.End}").PadLeft(width);
            var loss = tokenized.Labels is null ? "" : tokenized.HasLoss(i) ? "  ●   " : "      ";
            var piece = VisibleText.Escape(tokenizer.TokenOf(tokenized.Ids[i])).PadRight(PieceWidth);
            var text = covered.Length == 0
                ? ""
                : VisibleText.Quote(tokenized.Text.AsSpan(covered.Start, covered.Length));
            var line = $"{i,6}  {tokenized.Ids[i],7}  {characters}{loss}  {piece}  {text}".TrimEnd();
            page.Append(Coloured(line, tokenized, tokenized.HasLoss(i))).Append('\n');
        }
        var trained = tokenized.Ids.Where((_, i) => tokenized.HasLoss(i)).Count();
        page.Append($"{Quantity.Count(tokenized.Ids.Length)} tokens")
            .Append(tokenized.Labels is null ? "" : $", {Quantity.Count(trained)} with loss")
            .Append(title is null ? "\n" : "\n\n");
    }

    // The text as the tokens cut it, each in its colour; a token without text shows nothing.
    private void AppendText(StringBuilder page, TokenizedText tokenized)
    {
        var position = 0;
        for (var i = 0; i < tokenized.Ids.Length; i++)
        {
            var end = tokenized.Offsets[i].End;
            if (end <= position)
                continue;
            var text = UntrustedText.Harmless(tokenized.Text[position..end]);
            page.Append(Coloured(text, tokenized, tokenized.HasLoss(i)));
            position = end;
        }
        page.Append("\n\n");
    }

    private string Coloured(string text, TokenizedText tokenized, bool hasLoss) =>
        !colours || tokenized.Labels is null ? text : hasLoss ? $"\e[32m{text}\e[0m" : $"\e[2m{text}\e[0m";
}
