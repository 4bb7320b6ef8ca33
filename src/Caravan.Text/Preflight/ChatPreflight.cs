using System.Numerics;
using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// Looks at training conversations before a run, for what otherwise shows only in a bad model: an end of turn that is
/// never trained, records without loss, a doubled or missing beginning of sequence, and a prompt at generation time
/// that differs from the one trained on.
/// </summary>
public static class ChatPreflight
{
    private const int ExamplesPerKind = 5;

    /// <param name="records">An id to name each record by, and its messages. Read once.</param>
    /// <param name="maxLength">Records are cut to this many tokens in training.</param>
    public static PreflightReport Check(
        ChatTemplate template,
        Tokenizer tokenizer,
        IEnumerable<(string Id, IReadOnlyList<ChatMessage> Messages)> records,
        int maxLength,
        CancellationToken cancellationToken = default)
    {
        var count = 0;
        var counts = new Dictionary<PreflightProblemKind, int>();
        var examples = new List<PreflightProblem>();
        var (truncated, truncatedIds) = (0, new List<string>());
        var histogram = new List<int>();
        foreach (var (id, messages) in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            count++;
            var problems = CheckRecord(template, tokenizer, id, messages, maxLength, out var length);
            foreach (var problem in problems)
            {
                counts[problem.Kind] = counts.GetValueOrDefault(problem.Kind) + 1;
                if (counts[problem.Kind] <= ExamplesPerKind)
                    examples.Add(problem);
            }
            if (length > maxLength && truncated++ < ExamplesPerKind)
                truncatedIds.Add(id);
            var bucket = BitOperations.Log2((uint)Math.Max(1, length));
            while (histogram.Count <= bucket)
                histogram.Add(0);
            histogram[bucket]++;
        }
        return new PreflightReport(count, counts, examples, truncated, truncatedIds, histogram);
    }

    private static List<PreflightProblem> CheckRecord(
        ChatTemplate template,
        Tokenizer tokenizer,
        string id,
        IReadOnlyList<ChatMessage> messages,
        int maxLength,
        out int length)
    {
        var problems = new List<PreflightProblem>();
        void Report(PreflightProblemKind kind, string message) => problems.Add(new PreflightProblem(id, kind, message));
        length = 0;
        try
        {
            var whole = template.Tokenize(tokenizer, messages, int.MaxValue);
            length = whole.InputIds.Length;
            var example = length > maxLength ? template.Tokenize(tokenizer, messages, maxLength) : whole;
            if (example.TargetTokens == 0)
                Report(PreflightProblemKind.NoLossTokens, $"none of its first {maxLength} tokens carries loss.");
            CheckBeginning(tokenizer, whole, Report);
            CheckEndOfTurns(tokenizer, whole, Report);
            CheckPrompts(template, tokenizer, messages, whole, Report);
        }
        catch (BadInputException exception)
        {
            Report(PreflightProblemKind.NotRendered, exception.Message);
        }
        return problems;
    }

    private static void CheckBeginning(
        Tokenizer tokenizer, TokenizedChat chat, Action<PreflightProblemKind, string> report)
    {
        if (tokenizer.BosTokenId is not { } bos || chat.InputIds.Length == 0)
            return;
        var isWanted = tokenizer.Encode("").FirstOrDefault(-1) == bos;
        if (isWanted && chat.InputIds[0] != bos)
            report(PreflightProblemKind.BeginningMissing, $"it begins with {tokenizer.TokenOf(chat.InputIds[0])}.");
        if (chat.InputIds.Length > 1 && chat.InputIds[0] == bos && chat.InputIds[1] == bos)
            report(PreflightProblemKind.BeginningRepeated, $"it begins with {tokenizer.BosToken} twice.");
    }

    /// <summary>
    /// In every run of tokens with loss there must be a special token, with at most whitespace behind it.
    /// </summary>
    private static void CheckEndOfTurns(
        Tokenizer tokenizer, TokenizedChat chat, Action<PreflightProblemKind, string> report)
    {
        for (var i = chat.Labels.Length - 1; i > 0; i--)
        {
            var endsRun = chat.Labels[i] != TokenizedChat.NoLoss
                && (i + 1 == chat.Labels.Length || chat.Labels[i + 1] == TokenizedChat.NoLoss);
            if (!endsRun)
                continue;
            var end = i;
            while (end > 0 && chat.Labels[end] != TokenizedChat.NoLoss && !tokenizer.IsSpecial(chat.InputIds[end])
                && string.IsNullOrWhiteSpace(tokenizer.Decode([chat.InputIds[end]])))
            {
                end--;
            }
            if (tokenizer.IsSpecial(chat.InputIds[end]) && chat.Labels[end] != TokenizedChat.NoLoss)
                continue;
            report(
                PreflightProblemKind.EndOfTurnNotTrained,
                $"an answer ends with \"{tokenizer.TokenOf(chat.InputIds[end])}\", at which no generator stops.");
            return;
        }
    }

    private static void CheckPrompts(
        ChatTemplate template,
        Tokenizer tokenizer,
        IReadOnlyList<ChatMessage> messages,
        TokenizedChat chat,
        Action<PreflightProblemKind, string> report)
    {
        for (var i = 1; i < messages.Count; i++)
        {
            if (messages[i].Role != "assistant" || messages[i - 1].Role == "assistant")
                continue;
            var prompt = template.TokenizePrompt(tokenizer, [.. messages.Take(i)]);
            if (chat.InputIds.AsSpan().StartsWith(prompt))
                continue;
            report(
                PreflightProblemKind.GenerationDiffers,
                $"the prompt for message {i + 1} is tokenized otherwise than in training.");
            return;
        }
    }
}
