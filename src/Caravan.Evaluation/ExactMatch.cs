using Caravan.Data;
using Caravan.Files;
using Caravan.Generation;
using Caravan.Models;
using Caravan.Text;

namespace Caravan.Evaluation;

/// <summary>
/// Lets a model answer the last turn of held-out conversations, greedily, and counts the answers that equal the
/// record's, leading and trailing whitespace aside.
/// </summary>
public static class ExactMatch
{
    /// <param name="records">Conversations whose last message is the assistant's: the expected answer.</param>
    /// <param name="kindOf">Groups the records.</param>
    /// <param name="maxNewTokens">Longer answers are cut, and so are wrong.</param>
    /// <param name="answered">Told the number of finished answers.</param>
    /// <exception cref="BadInputException">A record does not end with the assistant, or the tokenizer cannot say where
    /// an answer ends.</exception>
    public static ExactMatchResult Run(
        LanguageModel model, Tokenizer tokenizer, ChatTemplate template, IReadOnlyList<InstructionRecord> records,
        Func<InstructionRecord, string> kindOf, int maxNewTokens = 64, IProgress<int>? answered = null,
        CancellationToken cancellation = default)
    {
        var stop = tokenizer.EosTokenId ?? throw new BadInputException(
            "the tokenizer has no end-of-sequence token, so answers have no end: set eos_token in " +
            "tokenizer_config.json");
        var settings = new GenerationSettings
        {
            MaxNewTokens = maxNewTokens,
            Temperature = 0,
            StopTokenIds = [stop],
        };
        var generator = new Generator(model);
        var samples = new List<ExactMatchSample>();
        foreach (var batch in records.Chunk(settings.BatchSize))
        {
            int[][] prompts = [.. batch.Select(record => template.TokenizePrompt(tokenizer, Question(record)))];
            var results = generator.Generate(prompts, settings, cancellation: cancellation);
            for (var i = 0; i < batch.Length; i++)
            {
                samples.Add(new ExactMatchSample(
                    batch[i].Id, kindOf(batch[i]), batch[i].Messages[^1].Content.Trim(),
                    tokenizer.Decode(results[i].TokenIds).Trim()));
            }
            answered?.Report(samples.Count);
        }
        return Summarise(samples);
    }

    private static ExactMatchResult Summarise(List<ExactMatchSample> samples)
    {
        var byKind = new SortedDictionary<string, ExactMatchScore>(StringComparer.Ordinal);
        foreach (var group in samples.GroupBy(sample => sample.Kind))
            byKind[group.Key] = Score(group);
        return new ExactMatchResult(Score(samples), byKind, samples);
    }

    private static ExactMatchScore Score(IEnumerable<ExactMatchSample> samples) =>
        new(samples.Count(sample => sample.IsCorrect), samples.Count());

    private static IReadOnlyList<ChatMessage> Question(InstructionRecord record) =>
        record.Messages is { Count: > 1 } messages && messages[^1].Role == "assistant"
            ? [.. messages.SkipLast(1)]
            : throw new BadInputException(
                $"{record.Origin}: record {record.Id} must end with the assistant's answer to a question");
}
