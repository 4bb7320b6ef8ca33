using System.Runtime.CompilerServices;
using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// Where a text can be cut so that its parts merge as the whole would: where no token spans the boundary nothing can
/// merge across it. These places are before a ▁ that follows another character (if no token holds one inside), and
/// around characters that stand in no token but their own. Short words then come from the cache, which a model without
/// words could not use.
/// </summary>
internal sealed class MergeBoundaries
{
    private const char Space = '\u2581';

    /// <summary>Whether a character stands in a token with others.</summary>
    private readonly bool[] _joins = new bool[char.MaxValue + 1];
    private bool _cutsBeforeSpace = true;

    public MergeBoundaries()
    {
        // A character of two units is never cut.
        for (var surrogate = 0xD800; surrogate <= 0xDFFF; surrogate++)
            _joins[surrogate] = true;
    }

    /// <summary>Takes in a token that merges can make; all must be known before the first cut.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<byte> token)
    {
        Rune.DecodeFromUtf8(token, out _, out var first);
        if (token.Length <= first)
            return;
        var isLeading = true;
        while (!token.IsEmpty)
        {
            Rune.DecodeFromUtf8(token, out var rune, out var length);
            if (rune.IsBmp)
                _joins[rune.Value] = true;
            isLeading &= rune.Value == Space;
            _cutsBeforeSpace &= isLeading || rune.Value != Space;
            token = token[length..];
        }
    }

    /// <summary>Appends the parts of <paramref name="text"/>, shifted by <paramref name="offset"/>.</summary>
    public void Cut(ReadOnlySpan<char> text, int offset, WordList words)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!_joins[c])
            {
                words.Add(offset + start, offset + i);
                words.Add(offset + i, offset + i + 1);
                start = i + 1;
            }
            else if (c == Space && _cutsBeforeSpace && i > start && text[i - 1] != Space)
            {
                words.Add(offset + start, offset + i);
                start = i;
            }
        }
        words.Add(offset + start, offset + text.Length);
    }
}
