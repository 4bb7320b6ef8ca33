namespace Caravan.Text.SentencePiece;

/// <summary>One entry of a SentencePiece vocabulary. In a BPE model the score is minus the merge's rank.</summary>
internal readonly record struct Piece(string Text, float Score, SentencePieceType Type);
