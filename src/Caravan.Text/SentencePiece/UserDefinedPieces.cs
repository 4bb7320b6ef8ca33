using System.Buffers;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// The user-defined pieces of a model: taken out of the text as they are, the leftmost and longest first.
/// </summary>
internal sealed class UserDefinedPieces
{
    private readonly SearchValues<string> _search;
    private readonly string[] _longestFirst;

    private UserDefinedPieces(string[] pieces)
    {
        _search = SearchValues.Create(pieces, StringComparison.Ordinal);
        _longestFirst = [.. pieces.OrderByDescending(piece => piece.Length)];
    }

    /// <summary>The model's user-defined pieces, or null if it has none.</summary>
    public static UserDefinedPieces? Of(SentencePieceModel model)
    {
        var pieces = new List<string>();
        foreach (var piece in model.Pieces)
        {
            if (piece.Type == SentencePieceType.UserDefined && !piece.Utf8.IsEmpty)
                pieces.Add(piece.Text);
        }
        return pieces.Count == 0 ? null : new UserDefinedPieces([.. pieces]);
    }

    /// <summary>Where the next piece begins, or -1.</summary>
    public int Find(ReadOnlySpan<char> text) => text.IndexOfAny(_search);

    /// <summary>The length of the longest piece that the text begins with, or 0.</summary>
    public int LengthAtStart(ReadOnlySpan<char> text)
    {
        foreach (var piece in _longestFirst)
        {
            if (text.StartsWith(piece, StringComparison.Ordinal))
                return piece.Length;
        }
        return 0;
    }
}
