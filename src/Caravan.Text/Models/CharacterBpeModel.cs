using System.Text;
using Caravan.Text.Pipeline;
using Caravan.Text.SentencePiece;

namespace Caravan.Text.Models;

/// <summary>
/// BPE whose first symbols are characters, as tokenizer.json has it (LLaMA's and Mistral's converted files).
/// </summary>
internal sealed class CharacterBpeModel : BpeModel
{
    private readonly CharacterBpeOptions _options;
    private readonly int[]? _byteIds;

    public CharacterBpeModel(Vocabulary vocabulary, MergeTable merges, CharacterBpeOptions options)
        : base(vocabulary, merges, ByteLengths(vocabulary, options))
    {
        _options = options;
        _byteIds = options.ByteFallback ? BytePieces.IdsIn(vocabulary) : null;
    }

    /// <summary>
    /// Where a text that no pre-tokenizer splits may be cut all the same; null if a cut could be seen, because a
    /// symbol's place in the text or the whole text decides what it becomes.
    /// </summary>
    public MergeBoundaries? Boundaries()
    {
        if (_options.IgnoreMerges || _options.ContinuingPrefix.Length + _options.EndSuffix.Length > 0)
            return null;
        // Characters without a token must neither vanish between two others nor merge as what stands for them.
        if (_byteIds is null && _options.UnknownId is null)
            return null;
        var stand = new HashSet<int>(_byteIds ?? []) { _options.UnknownId ?? -1 };
        if (Merges.AnySymbol(stand.Contains))
            return null;
        var boundaries = new MergeBoundaries();
        for (var id = 0; id < VocabularySize; id++)
            boundaries.Add(Vocabulary.Utf8Of(id));
        return boundaries;
    }

    protected override bool TryEncodeWhole(ReadOnlySpan<char> word, TokenOutput output)
    {
        if (!_options.IgnoreMerges || !Vocabulary.TryFind(word, out var id))
            return false;
        output.Add(id, Encoding.UTF8.GetByteCount(word));
        return true;
    }

    protected override void Split(ReadOnlySpan<char> word, MergeBuffer merge)
    {
        Span<byte> bytes = stackalloc byte[4];
        var isFirst = true;
        while (word.Length > 0)
        {
            Rune.DecodeFromUtf16(word, out var rune, out var consumed);
            var length = rune.Utf8SequenceLength;
            if (TryFindSymbol(word[..consumed], isFirst, isLast: consumed == word.Length, out var id))
            {
                merge.Add(id, length);
            }
            else if (_byteIds is not null)
            {
                foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                    merge.Add(_byteIds[value], 1);
            }
            else if (_options.UnknownId is { } unknown)
            {
                merge.Add(unknown, length);
            }
            word = word[consumed..];
            isFirst = false;
        }
    }

    protected override void Emit(ReadOnlySpan<char> word, MergeBuffer merge, TokenOutput output)
    {
        for (var i = 0; i < merge.Count; i++)
        {
            if (_options.FuseUnknown && merge.Symbols[i] == _options.UnknownId)
                output.AddUnknown(merge.Symbols[i], merge.ByteLengths[i]);
            else
                output.Add(merge.Symbols[i], merge.ByteLengths[i]);
        }
    }

    private bool TryFindSymbol(ReadOnlySpan<char> character, bool isFirst, bool isLast, out int id)
    {
        if ((isFirst || _options.ContinuingPrefix.Length == 0) && (!isLast || _options.EndSuffix.Length == 0))
            return Vocabulary.TryFind(character, out id);
        var prefix = isFirst ? "" : _options.ContinuingPrefix;
        var suffix = isLast ? _options.EndSuffix : "";
        return Vocabulary.TryFind($"{prefix}{character}{suffix}", out id);
    }

    private static int[] ByteLengths(Vocabulary vocabulary, CharacterBpeOptions options)
    {
        var lengths = new int[vocabulary.Size];
        for (var id = 0; id < lengths.Length; id++)
        {
            var token = vocabulary.TokenOf(id) ?? "";
            if (options.ByteFallback && BytePieces.ByteOf(token) is not null)
            {
                lengths[id] = 1;
                continue;
            }
            if (options.ContinuingPrefix.Length > 0
                && token.StartsWith(options.ContinuingPrefix, StringComparison.Ordinal))
                token = token[options.ContinuingPrefix.Length..];
            if (options.EndSuffix.Length > 0 && token.EndsWith(options.EndSuffix, StringComparison.Ordinal))
                token = token[..^options.EndSuffix.Length];
            lengths[id] = Encoding.UTF8.GetByteCount(token);
        }
        if (options.UnknownId is { } unknown)
            lengths[unknown] = -1;
        return lengths;
    }
}
