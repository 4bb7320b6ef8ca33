using Caravan.Text.Models;

namespace Caravan.Text.SentencePiece;

/// <summary>Pieces as bytes: how many each stands for, and the pieces that stand for single bytes.</summary>
internal static class BytePieces
{
    /// <summary>UTF-8 bytes of normalized text behind each id: 1 for byte pieces, -1 for the unknown piece.</summary>
    public static int[] LengthsOf(SentencePieceModel model)
    {
        var lengths = new int[model.Pieces.Count];
        for (var id = 0; id < lengths.Length; id++)
        {
            lengths[id] = model.Pieces[id].Type switch
            {
                SentencePieceType.Unknown => -1,
                SentencePieceType.Byte => 1,
                SentencePieceType.Control => 0,
                _ => model.Pieces[id].Utf8.Length,
            };
        }
        return lengths;
    }

    /// <summary>The ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, or null if one of them is missing.</summary>
    public static int[]? IdsIn(Vocabulary vocabulary)
    {
        var ids = new int[256];
        Span<byte> name = [.. "<0x00>"u8];
        for (var value = 0; value < 256; value++)
        {
            value.TryFormat(name[3..5], out _, "X2");
            if (!vocabulary.TryFind(name, out ids[value]))
                return null;
        }
        return ids;
    }

    /// <summary>The byte that <c>&lt;0xNN&gt;</c> stands for, or null if the token is none of these.</summary>
    public static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value)
            ? value
            : null;
}
