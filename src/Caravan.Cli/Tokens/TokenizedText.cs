using System.Text;
using Caravan.Data;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Cli.Tokens;

/// <summary>A text and its tokens.</summary>
/// <param name="Offsets">For every id the range of <paramref name="Text"/> that it covers.</param>
/// <param name="Labels">For a conversation the training labels; else null.</param>
internal sealed record TokenizedText(string Text, int[] Ids, CharSpan[] Offsets, int[]? Labels)
{
    public static TokenizedText Of(string text, Tokenizer tokenizer, bool addSpecialTokens)
    {
        var (ids, offsets) = tokenizer.EncodeWithOffsets(text, addSpecialTokens);
        return new TokenizedText(text, ids, offsets, null);
    }

    /// <summary>A text as it is, a conversation as <paramref name="template"/> lays it out for training.</summary>
    /// <exception cref="BadInputException">
    /// The template cannot lay it out; the message says where the record stands.
    /// </exception>
    public static TokenizedText Of(
        TextRecord record, Tokenizer tokenizer, ChatTemplate template, bool addSpecialTokens)
    {
        if (record.Text is { } text)
            return Of(text, tokenizer, addSpecialTokens);
        try
        {
            var chat = template.Tokenize(tokenizer, record.Messages, int.MaxValue);
            return new TokenizedText(chat.Text, chat.InputIds, chat.Offsets, chat.Labels);
        }
        catch (BadInputException error)
        {
            throw new BadInputException($"{record.Origin}: {error.Message} (id {record.Id})", error);
        }
    }

    /// <summary>Whether the model learns to produce the token at a position.</summary>
    public bool HasLoss(int index) => Labels is not null && Labels[index] != TokenizedChat.NoLoss;

    /// <summary>
    /// <see cref="Offsets"/> in Unicode code points, as programs in most other languages count characters.
    /// </summary>
    public CharSpan[] OffsetsInCodePoints()
    {
        if (!Text.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
            return Offsets;
        var indexOf = new int[Text.Length + 1];
        var count = 0;
        for (var position = 0; position < Text.Length; count++)
        {
            Rune.DecodeFromUtf16(Text.AsSpan(position), out _, out var length);
            indexOf.AsSpan(position, length).Fill(count);
            position += length;
        }
        indexOf[Text.Length] = count;
        return Array.ConvertAll(Offsets, range => new CharSpan(indexOf[range.Start], indexOf[range.End]));
    }
}
