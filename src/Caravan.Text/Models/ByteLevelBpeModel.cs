using System.Runtime.CompilerServices;
using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>
/// Byte-level BPE (GPT-2, OPT, GPT-NeoX, Llama 3, Qwen2, OLMo): the first symbols are the bytes of the word's UTF-8
/// form, which the vocabulary writes in <see cref="ByteLevelAlphabet"/>.
/// </summary>
internal sealed class ByteLevelBpeModel : BpeModel
{
    private const int NoSymbol = -1;

    private readonly int[] _idOfByte = new int[256];
    private readonly bool _ignoreMerges;

    /// <param name="unknownId">Stands for a byte that the vocabulary lacks; such a byte is dropped if null.</param>
    /// <param name="ignoreMerges">Take a word that is a token as it is, without merging (Llama 3).</param>
    public ByteLevelBpeModel(Vocabulary vocabulary, MergeTable merges, int? unknownId, bool ignoreMerges)
        : base(vocabulary, merges, ByteLengths(vocabulary, unknownId))
    {
        _ignoreMerges = ignoreMerges;
        for (var value = 0; value < 256; value++)
        {
            var c = ByteLevelAlphabet.CharOf((byte)value);
            _idOfByte[value] = vocabulary.TryFind([c], out var id) ? id : unknownId ?? NoSymbol;
        }
    }

    protected override void Split(ReadOnlySpan<char> word, MergeBuffer merge)
    {
        Span<byte> bytes = stackalloc byte[4];
        while (word.Length > 0)
        {
            int consumed;
            if (word[0] < 0x80)
            {
                AddByte((byte)word[0], merge);
                consumed = 1;
            }
            else
            {
                // An unpaired surrogate decodes to U+FFFD, as every UTF-8 encoder writes it.
                Rune.DecodeFromUtf16(word, out var rune, out consumed);
                var length = rune.EncodeToUtf8(bytes);
                foreach (var value in bytes[..length])
                    AddByte(value, merge);
            }
            word = word[consumed..];
        }
    }

    protected override bool TryEncodeWhole(ReadOnlySpan<char> word, TokenOutput output)
    {
        const int Limit = 256;
        if (!_ignoreMerges || word.Length > Limit)
            return false;
        Span<byte> bytes = stackalloc byte[Limit * 3];
        Span<char> written = stackalloc char[Limit * 3];
        var length = Encoding.UTF8.GetBytes(word, bytes);
        for (var i = 0; i < length; i++)
            written[i] = ByteLevelAlphabet.CharOf(bytes[i]);
        if (!Vocabulary.TryFind(written[..length], out var id))
            return false;
        output.Add(id, length);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] ByteLengths(Vocabulary vocabulary, int? unknownId)
    {
        var lengths = new int[vocabulary.Size];
        for (var id = 0; id < lengths.Length; id++)
            lengths[id] = Letters(vocabulary.Utf8Of(id));
        if (unknownId is { } unknown)
            lengths[unknown] = -1;
        return lengths;
    }

    /// <summary>
    /// How many characters UTF-8 text has; each is one letter of the alphabet and stands for one byte.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Letters(ReadOnlySpan<byte> token)
    {
        var count = 0;
        foreach (var value in token)
            count += (value & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }

    private void AddByte(byte value, MergeBuffer merge)
    {
        var id = _idOfByte[value];
        if (id != NoSymbol)
            merge.Add(id, 1);
        else if (merge.Count > 0)
            merge.ExtendLast(1);
    }
}
