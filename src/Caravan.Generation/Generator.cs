using Caravan.Files;
using Caravan.Models;
using Caravan.Torch;

namespace Caravan.Generation;

/// <summary>
/// Continues prompts with a model. All prompts of a batch run through the model in one pass without padding, then one
/// token of every unfinished sequence per pass, over a cache of keys and values.
/// </summary>
public sealed class Generator(LanguageModel model)
{
    /// <summary>Continues each prompt.</summary>
    /// <param name="prompts">Token ids, at least one each.</param>
    /// <param name="onToken">Called with the prompt's number and the id of each new token (stop tokens left
    /// out).</param>
    /// <returns>One result per prompt, in their order.</returns>
    /// <exception cref="BadInputException">A prompt is empty, too long for the model, or holds an id that it does not
    /// have.</exception>
    public GenerationResult[] Generate(
        IReadOnlyList<int[]> prompts, GenerationSettings settings, Action<int, int>? onToken = null,
        CancellationToken cancellation = default)
    {
        for (var i = 0; i < prompts.Count; i++)
            Check(prompts[i], i);
        var sequences = prompts.Select((prompt, i) => new Sequence(i, prompt, settings)).ToArray();
        using var noGradients = GradientMode.Disable();
        foreach (var batch in sequences.Chunk(settings.BatchSize))
            Decode(batch, settings, onToken, cancellation);
        return [.. sequences.Select(sequence => new GenerationResult([.. sequence.NewIds], sequence.Reason))];
    }

    private void Decode(
        Sequence[] batch, GenerationSettings settings, Action<int, int>? onToken, CancellationToken cancellation)
    {
        var capacity = Math.Min(
            model.MaxPositions, batch.Max(sequence => sequence.Prompt.Length) + settings.MaxNewTokens);
        using var cache = model.CreateCache(batch.Length, capacity);
        var rows = batch.ToList();
        var inputs = batch.Select(sequence => sequence.Prompt).ToArray();
        while (rows.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var logits = LastLogits(inputs, cache);                               // [rows, vocabulary]
            for (var i = 0; i < rows.Count; i++)
                rows[i].Accept(
                    logits.Slice(i * model.VocabularySize, model.VocabularySize), settings, capacity, onToken);
            // From the last row on, because the last row takes the place of a removed one, here as in the cache.
            for (var i = rows.Count - 1; i >= 0; i--)
            {
                if (!rows[i].IsFinished)
                    continue;
                cache.Remove(i);
                rows[i] = rows[^1];
                rows.RemoveAt(rows.Count - 1);
            }
            inputs = [.. rows.Select(sequence => new[] { sequence.NewIds[^1] })];
        }
    }

    private Span<float> LastLogits(int[][] inputs, KeyValueCache cache)
    {
        var input = ModelInput.FromDocuments(inputs, model.Device, cache);
        var hidden = model.Forward(input);                                        // [tokens, hidden]
        var last = input.Boundaries.Offsets.Skip(1).Select(end => end - 1L).ToArray();
        return model.Logits(hidden.index_select(0, Tensor.tensor(last).to(model.Device)))
            .to(Dtype.Float32).to(Device.Cpu).contiguous().Data<float>();
    }

    private void Check(int[] prompt, int index)
    {
        if (prompt.Length == 0)
            throw new BadInputException($"prompt {index + 1} is empty: give at least one token, such as the " +
                "tokenizer's beginning-of-sequence token");
        if (prompt.Length >= model.MaxPositions)
        {
            throw new BadInputException(
                $"prompt {index + 1} has {prompt.Length} tokens, and the model's context holds {model.MaxPositions}, " +
                "of which one is needed for the answer: shorten the prompt");
        }
        var unknown = Array.FindIndex(prompt, id => id < 0 || id >= model.VocabularySize);
        if (unknown >= 0)
        {
            throw new BadInputException(
                $"prompt {index + 1} holds token id {prompt[unknown]}, and the model's embedding has " +
                $"{model.VocabularySize} rows: tokenizer and model do not belong together");
        }
    }

    private sealed class Sequence(int index, int[] prompt, GenerationSettings settings)
    {
        private readonly TokenSampler _sampler = new(settings, index);

        internal int[] Prompt => prompt;

        internal List<int> NewIds { get; } = [];

        internal bool IsFinished { get; private set; }

        internal FinishReason Reason { get; private set; }

        internal void Accept(Span<float> logits, GenerationSettings settings, int capacity, Action<int, int>? onToken)
        {
            var id = _sampler.Next(logits);
            if (settings.StopTokenIds.Contains(id))
            {
                (IsFinished, Reason) = (true, FinishReason.Stop);
                return;
            }
            NewIds.Add(id);
            onToken?.Invoke(index, id);
            if (NewIds.Count >= settings.MaxNewTokens || prompt.Length + NewIds.Count >= capacity)
                (IsFinished, Reason) = (true, FinishReason.Length);
        }
    }
}
