using System.Text;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// BPE as SentencePiece does it (LLaMA, Mistral): symbols are characters, two neighbours merge when their
/// concatenation is a piece, the piece's score is the rank, and a character that is no piece becomes its UTF-8 bytes
/// (byte fallback) or the unknown token, of which a run counts as one.
/// </summary>
internal sealed class SentencePieceBpeModel : BpeModel
{
    private readonly CharacterSymbols _symbols;
    private readonly int[]? _byteIds;
    private readonly int _unknownId;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>>? _userDefined;

    public SentencePieceBpeModel(SentencePieceModel model, Vocabulary vocabulary)
        : this(model, vocabulary, new PieceMerges(model, vocabulary))
    {
    }

    private SentencePieceBpeModel(SentencePieceModel model, Vocabulary vocabulary, PieceMerges merges)
        : base(vocabulary, merges.Table, BytePieces.LengthsOf(model))
    {
        _symbols = merges.Characters;
        _unknownId = model.UnknownId;
        _byteIds = model.ByteFallback ? BytePieces.IdsIn(vocabulary) : null;
        var userDefined = new HashSet<string>();
        foreach (var piece in model.Pieces)
        {
            if (piece.Type == SentencePieceType.UserDefined)
                userDefined.Add(piece.Text);
        }
        if (userDefined.Count > 0)
            _userDefined = userDefined.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    protected override bool TryEncodeWhole(ReadOnlySpan<char> word, TokenOutput output)
    {
        // The splitter has made each user-defined piece a word of its own.
        if (_userDefined is not { } userDefined || !userDefined.Contains(word) || !Vocabulary.TryFind(word, out var id))
            return false;
        output.Add(id, Encoding.UTF8.GetByteCount(word));
        return true;
    }

    protected override void Split(ReadOnlySpan<char> word, MergeBuffer merge)
    {
        while (word.Length > 0)
        {
            Rune.DecodeFromUtf16(word, out var rune, out var consumed);
            merge.Add(_symbols[rune.Value], rune.Utf8SequenceLength);
            word = word[consumed..];
        }
    }

    protected override void Emit(ReadOnlySpan<char> word, MergeBuffer merge, TokenOutput output)
    {
        var symbols = merge.Symbols;
        var lengths = merge.ByteLengths;
        for (var i = 0; i < symbols.Length; i++)
        {
            var (chars, remaining) = (0, lengths[i]);
            while (remaining > 0)
            {
                var next = NextCharacter(word[chars..]);
                chars += next.Chars;
                remaining -= next.Bytes;
            }
            if ((uint)symbols[i] < (uint)VocabularySize)
                output.Add(symbols[i], lengths[i]);
            else
                EmitUnknown(word[..chars], output);
            word = word[chars..];
        }
    }

    private void EmitUnknown(ReadOnlySpan<char> character, TokenOutput output)
    {
        Rune.DecodeFromUtf16(character, out var rune, out _);
        if (_byteIds is null)
        {
            output.AddUnknown(_unknownId, rune.Utf8SequenceLength);
            return;
        }
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            output.Add(_byteIds[value], 1);
    }
}
