using System.Text;
using Caravan.Text.AddedTokens;
using Caravan.Text.Pipeline;

namespace Caravan.Text;

public sealed partial class Tokenizer
{
    private void Run(string text, bool addSpecialTokens, Workspace workspace, bool withOffsets)
    {
        var output = workspace.Output;
        output.Reset(withOffsets);
        if (addSpecialTokens)
            AddAll(_parts.Template.Prefix, output, 0);
        var position = 0;
        while (_rawMatcher is not null && _rawMatcher.TryFind(text, position, out var token, out var span))
        {
            EncodeSegment(text, position, span.Start, workspace);
            AddToken(token, span, output);
            position = span.End;
        }
        EncodeSegment(text, position, text.Length, workspace);
        if (addSpecialTokens)
            AddAll(_parts.Template.Suffix, output, text.Length);
    }

    /// <summary>
    /// Encodes the characters [start, end), which hold no added token unless normalization makes one.
    /// </summary>
    private void EncodeSegment(string text, int start, int end, Workspace workspace)
    {
        if (start == end)
            return;
        var normalized = workspace.Text;
        normalized.Reset(text, start, end, workspace.Output.TracksLengths);
        _parts.Normalizer?.Apply(normalized);
        var position = 0;
        while (_normalizedMatcher is not null
            && _normalizedMatcher.TryFind(normalized.Chars, position, out var token, out var span))
        {
            EncodePart(position, span.Start, workspace);
            AddToken(token, normalized.ToOriginal(span.Start, span.End), workspace.Output);
            position = span.End;
        }
        EncodePart(position, normalized.Length, workspace);
    }

    /// <summary>Encodes a part of the normalized text.</summary>
    private void EncodePart(int start, int end, Workspace workspace)
    {
        if (_parts.PreTokenizer is not { ChangesText: true })
        {
            EncodeWords(workspace.Text, start, end, workspace);
            return;
        }
        // The pre-tokenizer writes its text anew; the normalized text must stay for the parts behind this one.
        workspace.Part.Copy(workspace.Text, start, end);
        EncodeWords(workspace.Part, 0, end - start, workspace);
    }

    private void EncodeWords(NormalizedText text, int start, int end, Workspace workspace)
    {
        workspace.Output.SegmentStart = workspace.Output.Count;
        workspace.Words.Clear();
        workspace.Words.Add(start, end);
        _parts.PreTokenizer?.Apply(text, workspace);
        foreach (var word in workspace.Words.Spans)
        {
            var first = workspace.Output.Count;
            _parts.Model.Encode(text.Chars[word.Start..word.End], workspace);
            if (workspace.Output.TracksLengths)
                SetOffsets(text, word, first, workspace.Output);
        }
    }

    /// <summary>Turns the byte lengths of a word's tokens into ranges of the original text.</summary>
    private static void SetOffsets(NormalizedText text, CharSpan word, int first, TokenOutput output)
    {
        var chars = text.Chars;
        var (position, bytesBefore) = (word.Start, 0);
        var reached = AbsorbedByPrevious(text, word, first, output);
        for (var i = first; i < output.Count; i++)
        {
            // A token that begins inside a character begins, for the reader, with that character.
            while (position < word.End && CharacterAt(chars, position, word.End) is var (length, bytes)
                && bytesBefore + bytes <= reached)
            {
                position += length;
                bytesBefore += bytes;
            }
            var start = position;
            reached += output.ByteLengths[i];
            var (end, bytesAtEnd) = (position, bytesBefore);
            while (end < word.End && bytesAtEnd < reached)
            {
                var (length, bytes) = CharacterAt(chars, end, word.End);
                end += length;
                bytesAtEnd += bytes;
            }
            output.Offsets[i] = text.ToOriginal(start, end);
        }
    }

    /// <summary>
    /// Bytes at the word's start that went into an unknown token before it; that token's range grows.
    /// </summary>
    private static int AbsorbedByPrevious(NormalizedText text, CharSpan word, int first, TokenOutput output)
    {
        var own = 0;
        foreach (var length in output.ByteLengths[first..])
            own += length;
        var chars = text.Chars[word.Start..word.End];
        var absorbed = Encoding.UTF8.GetByteCount(chars) - own;
        if (absorbed <= 0 || first == output.SegmentStart)
            return 0;
        var (end, bytes) = (0, 0);
        while (bytes < absorbed)
        {
            var (length, size) = CharacterAt(chars, end, chars.Length);
            end += length;
            bytes += size;
        }
        var range = text.ToOriginal(word.Start, word.Start + end);
        output.Offsets[first - 1] = output.Offsets[first - 1] with { End = range.End };
        return absorbed;
    }

    private static (int Chars, int Bytes) CharacterAt(ReadOnlySpan<char> text, int index, int end)
    {
        if (text[index] < 0x80)
            return (1, 1);
        Rune.DecodeFromUtf16(text[index..end], out var rune, out var consumed);
        return (consumed, rune.Utf8SequenceLength);
    }

    private static void AddAll(int[] ids, TokenOutput output, int position)
    {
        foreach (var id in ids)
        {
            output.Add(id, 0);
            if (output.TracksLengths)
                output.Offsets[^1] = new CharSpan(position, position);
        }
    }

    private static void AddToken(AddedToken token, CharSpan span, TokenOutput output)
    {
        output.Add(token.Id, 0);
        if (output.TracksLengths)
            output.Offsets[^1] = span;
    }
}
