using Caravan.Text.Files;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;
using Caravan.Text.PreTokenization;
using Caravan.Text.Training;

namespace Caravan.Text;

/// <summary>
/// Trains a byte-level BPE tokenizer: every digit is a word of its own, the rest is split as GPT-2 does, and the most
/// frequent pair of neighbours becomes a token until the vocabulary is full. The same text and options always give
/// the same tokenizer: of equally frequent pairs the one with the lower ids wins.
/// </summary>
public static class ByteLevelBpeTrainer
{
    /// <param name="texts">Read once.</param>
    /// <param name="options">Size and special tokens.</param>
    /// <exception cref="ArgumentException">The vocabulary cannot hold the special tokens and 256 bytes.</exception>
    public static Tokenizer Train(
        IEnumerable<string> texts, ByteLevelBpeOptions options, CancellationToken cancellationToken = default)
    {
        string[] special =
        [
            .. ((string?[])[options.BosToken, options.EosToken, options.PadToken, .. options.AdditionalSpecialTokens])
                .OfType<string>().Distinct(),
        ];
        if (options.VocabularySize < special.Length + 256)
        {
            throw new ArgumentException(
                $"A byte-level vocabulary needs at least {special.Length + 256} tokens ({special.Length} special " +
                $"ones and 256 bytes); {options.VocabularySize} were asked for.", nameof(options));
        }

        var counter = new PairCounter(firstId: special.Length);
        foreach (var (word, count) in CountWords(texts, cancellationToken))
            counter.AddWord(word, count);
        List<string> tokens = [.. special, .. Enumerable.Range(0, 256).Select(b =>
            $"{ByteLevelAlphabet.CharOf((byte)b)}")];
        var merges = new List<(string Left, string Right)>();
        while (tokens.Count < options.VocabularySize
            && counter.TryTakeMostFrequent(options.MinFrequency, out var left, out var right))
        {
            cancellationToken.ThrowIfCancellationRequested();
            counter.Merge(left, right, tokens.Count);
            merges.Add((tokens[left], tokens[right]));
            tokens.Add(tokens[left] + tokens[right]);
        }
        return TokenizerLoader.Load(TokenizerJsonWriter.Write(tokens, merges, special, options));
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>();
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var splitter = new PreTokenizerSequence([new DigitsSplitter(individualDigits: true), new Gpt2Splitter()]);
        var workspace = new Workspace();
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            workspace.Text.Reset(text, 0, text.Length, tracks: false);
            workspace.Words.Clear();
            workspace.Words.Add(0, text.Length);
            splitter.Apply(workspace.Text, workspace);
            foreach (var word in workspace.Words.Spans)
            {
                var chars = text.AsSpan(word.Start, word.Length);
                bySpan[chars] = bySpan.TryGetValue(chars, out var count) ? count + 1 : 1;
            }
        }
        return counts;
    }
}
