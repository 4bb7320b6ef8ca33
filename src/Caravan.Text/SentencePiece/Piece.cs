using System.Text;

namespace Caravan.Text.SentencePiece;

/// <summary>One entry of a SentencePiece vocabulary. In a BPE model the score is minus the merge's rank.</summary>
/// <param name="Utf8">Its text, valid UTF-8.</param>
internal readonly record struct Piece(ReadOnlyMemory<byte> Utf8, float Score, SentencePieceType Type)
{
    public string Text => Encoding.UTF8.GetString(Utf8.Span);

    /// <summary>Whether a BPE model can make it by merging.</summary>
    public bool IsMerged => Type is SentencePieceType.Normal or SentencePieceType.Unused;
}
