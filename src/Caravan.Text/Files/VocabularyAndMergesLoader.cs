using System.Text.Json;
using Caravan.Text.Decoding;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.Files;

/// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c>: GPT-2's byte-level BPE, which OPT uses as well.</summary>
internal static class VocabularyAndMergesLoader
{
    public static (TokenizerParts Parts, SpecialTokens Special) Load(TokenizerFiles files, TokenizerConfig config)
    {
        var vocabulary = ReadVocabulary(files);
        var special = TokenizerLoader.WithUsualNames(config.Special, name => vocabulary.Find(name) is not null);
        var unknownId = special.Unknown is { } unknown ? vocabulary.Find(unknown) : null;
        var model = new ByteLevelBpeModel(vocabulary, ReadMerges(files, vocabulary), unknownId, ignoreMerges: false);
        var added = TokenizerLoader.WithRoles(config.AddedTokens, config, special, vocabulary.Find, vocabulary.Size);

        int[] IdsOf(bool? adds, string? token) =>
            (adds ?? false) && token is not null ? [added.First(t => t.Content == token).Id] : [];
        var parts = new TokenizerParts(
            Normalizer: null,
            config.AddPrefixSpace ?? false
                ? new PreTokenizerSequence([new PrependPreTokenizer(' ', PrependScheme.Always), new Gpt2Splitter()])
                : new Gpt2Splitter(),
            model,
            added,
            new SequenceTemplate(IdsOf(config.AddBosToken, special.Bos), IdsOf(config.AddEosToken, special.Eos)),
            new ByteLevelDecoder());
        return (parts, special);
    }

    private static Vocabulary ReadVocabulary(TokenizerFiles files)
    {
        var cursor = new JsonCursor(files.Utf8(TokenizerFiles.Vocabulary).Span);
        try
        {
            return VocabularyReader.Read(ref cursor, files, TokenizerFiles.Vocabulary, key: "");
        }
        catch (JsonException exception)
        {
            throw files.NoJson(TokenizerFiles.Vocabulary, exception);
        }
    }

    private static MergeTable ReadMerges(TokenizerFiles files, Vocabulary vocabulary)
    {
        var text = files.Utf8(TokenizerFiles.Merges).Span;
        var builder = new MergeTableBuilder(vocabulary, text.Count((byte)'\n') + 1);
        for (var line = 1; !text.IsEmpty; line++)
        {
            var length = text.IndexOf((byte)'\n');
            var merge = (length < 0 ? text : text[..length]).TrimEnd((byte)'\r');
            text = length < 0 ? [] : text[(length + 1)..];
            if (merge.IsEmpty || (line == 1 && merge.StartsWith("#version"u8)))
                continue;
            if (builder.Add(merge) is { } problem)
                throw files.Bad(TokenizerFiles.Merges, $"line {line}: {problem}.");
        }
        return builder.Table;
    }
}
