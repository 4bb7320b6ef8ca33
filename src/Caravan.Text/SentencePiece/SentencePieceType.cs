namespace Caravan.Text.SentencePiece;

/// <summary>What a SentencePiece piece is for; the numbers are the file's.</summary>
internal enum SentencePieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
