namespace Caravan.Text;

/// <summary>
/// Token ids with the range of the original text that each covers. A token that stands for no text (an added
/// beginning-of-sequence, SentencePiece's dummy prefix) has an empty range. Tokens that share the bytes of one
/// character all have that character's range.
/// </summary>
public sealed record EncodedText(int[] Ids, CharSpan[] Offsets);
