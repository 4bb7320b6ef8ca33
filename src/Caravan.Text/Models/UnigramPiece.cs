namespace Caravan.Text.Models;

/// <summary>A piece of a unigram model and its log probability.</summary>
/// <param name="IsUserDefined">Always preferred where it fits.</param>
/// <param name="IsMatched">Whether it is looked for in text; unknown, control and byte pieces are not.</param>
internal readonly record struct UnigramPiece(
    string Text, double Score, bool IsUserDefined = false, bool IsMatched = true);
