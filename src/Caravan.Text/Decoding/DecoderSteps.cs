using System.Text;
using Caravan.Text.Models;
using Caravan.Text.Patterns;
using Caravan.Text.SentencePiece;

namespace Caravan.Text.Decoding;

/// <summary>
/// The steps that a decoder in tokenizer.json can be made of: a list of tokens in, a list of texts out.
/// </summary>
internal static class DecoderSteps
{
    /// <summary>Tokens in the byte-level alphabet become one UTF-8 text.</summary>
    public static List<string> ByteLevel(List<string> tokens) =>
        [Encoding.UTF8.GetString([.. tokens.SelectMany(ByteLevelAlphabet.BytesOf)])];

    /// <summary>Runs of byte tokens become text; each byte of a run that is no UTF-8 becomes U+FFFD.</summary>
    public static List<string> ByteFallback(List<string> tokens)
    {
        var texts = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (BytePieces.ByteOf(token) is { } value)
            {
                bytes.Add(value);
                continue;
            }
            FlushBytes(bytes, texts);
            texts.Add(token);
        }
        FlushBytes(bytes, texts);
        return texts;
    }

    public static List<string> Fuse(List<string> tokens) => [string.Concat(tokens)];

    public static List<string> Replace(List<string> tokens, Pattern pattern, string replacement) =>
        tokens.ConvertAll(token =>
    {
        var matches = pattern.Matches(token);
        var text = new StringBuilder();
        var kept = 0;
        while (matches.Next(out var match))
        {
            text.Append(token, kept, match.Start - kept).Append(replacement);
            kept = match.End;
        }
        return text.Append(token, kept, token.Length - kept).ToString();
    });

    /// <summary>Takes up to a number of equal characters away from both ends of every text.</summary>
    public static List<string> Strip(List<string> tokens, char content, int atStart, int atEnd) =>
        tokens.ConvertAll(token =>
    {
        var start = 0;
        while (start < atStart && start < token.Length && token[start] == content)
            start++;
        var end = token.Length;
        while (token.Length - end < atEnd && end > start && token[end - 1] == content)
            end--;
        return token[start..end];
    });

    /// <summary>▁ is a space, but nothing in the first token, where encoding puts one.</summary>
    public static List<string> Metaspace(List<string> tokens, char replacement, bool stripsFirst)
    {
        var texts = tokens.ConvertAll(token => token.Replace(replacement, ' '));
        if (stripsFirst && texts.Count > 0)
            texts[0] = tokens[0].Replace($"{replacement}", "");
        return texts;
    }

    /// <summary>Pieces inside a word lose their prefix, other tokens get a space in front.</summary>
    public static List<string> WordPiece(List<string> tokens, string prefix, bool cleansUp)
    {
        var texts = new List<string>(tokens.Count);
        foreach (var token in tokens)
        {
            var isContinuation = texts.Count > 0 && token.StartsWith(prefix, StringComparison.Ordinal);
            var text = isContinuation ? token[prefix.Length..] : texts.Count > 0 ? $" {token}" : token;
            texts.Add(cleansUp ? CleanUp(text) : text);
        }
        return texts;
    }

    /// <summary>The suffix that ends words becomes a space, at the very end nothing.</summary>
    public static List<string> EndSuffix(List<string> tokens, string suffix)
    {
        var texts = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
            texts.Add(suffix.Length == 0 ? tokens[i] : tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " "));
        return texts;
    }

    /// <summary>
    /// Connectionist temporal classification (speech): equal tokens in a row are one, padding between them is nothing,
    /// and, with the clean-up, the delimiter is a space.
    /// </summary>
    public static List<string> Ctc(List<string> tokens, string pad, string delimiter, bool cleansUp)
    {
        var texts = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1])
                continue;
            var text = pad.Length == 0 ? tokens[i] : tokens[i].Replace(pad, "");
            if (cleansUp)
                text = delimiter.Length == 0 ? CleanUp(text) : CleanUp(text).Replace(delimiter, " ");
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>Takes out the spaces that English text does not have.</summary>
    private static string CleanUp(string text) => text
        .Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'")
        .Replace(" n't", "n't").Replace(" 'm", "'m").Replace(" do not", " don't").Replace(" 's", "'s")
        .Replace(" 've", "'ve").Replace(" 're", "'re");

    private static void FlushBytes(List<byte> bytes, List<string> texts)
    {
        if (bytes.Count == 0)
            return;
        var content = bytes.ToArray();
        texts.Add(System.Text.Unicode.Utf8.IsValid(content)
            ? Encoding.UTF8.GetString(content)
            : new string('\uFFFD', content.Length));
        bytes.Clear();
    }
}
