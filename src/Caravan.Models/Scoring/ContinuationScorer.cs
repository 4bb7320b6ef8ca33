using Caravan.Files;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Scoring;

/// <summary>
/// Log-likelihoods of continuations. Requests are packed into forward passes without padding; what requests share at
/// their beginning, such as the examples of a prompt or the question before several answers, is computed once; logits
/// exist for the continuations' tokens alone, chunk by chunk. A score does not depend on the other requests.
/// </summary>
/// <param name="tokensPerPass">Tokens that one forward pass may have; a longer request has one to itself.</param>
public sealed class ContinuationScorer(LanguageModel model, int tokensPerPass = 4096)
{
    /// <summary>Scores each request.</summary>
    /// <param name="progress">Told how many requests are done.</param>
    /// <param name="cancellation">Stops between forward passes.</param>
    /// <returns>One score per request, in their order.</returns>
    /// <exception cref="BadInputException">A context or a continuation is empty, or holds an id that the model does not
    /// have.</exception>
    public ContinuationScore[] Score(
        IReadOnlyList<ScoringRequest> requests, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        for (var i = 0; i < requests.Count; i++)
            Check(requests[i], i);
        using var noGradients = GradientMode.Disable();
        var scores = new ContinuationScore[requests.Count];
        var done = 0;
        void Pass(IReadOnlyList<int> batch, KeyValueCache? prefix)
        {
            cancellation.ThrowIfCancellationRequested();
            ScorePass(requests, batch, prefix, scores);
            progress?.Report(done += batch.Count);
        }

        var groups = PrefixGroup.Divide(requests);
        var alone = groups.Where(group => group.PrefixLength == 0).SelectMany(group => group.Requests);
        foreach (var batch in Batches(requests, alone, skipped: 0))
            Pass(batch, null);
        foreach (var group in groups.Where(group => group.PrefixLength > 0))
        {
            cancellation.ThrowIfCancellationRequested();
            using var prefix = ComputePrefix(requests[group.Requests[0]], group.PrefixLength);
            foreach (var batch in Batches(requests, group.Requests, group.PrefixLength))
                Pass(batch, prefix);
        }
        return scores;
    }

    private IEnumerable<List<int>> Batches(
        IReadOnlyList<ScoringRequest> requests, IEnumerable<int> numbers, int skipped)
    {
        var (batch, tokens) = (new List<int>(), 0);
        foreach (var number in numbers)
        {
            var length = requests[number].Length - skipped;
            if (batch.Count > 0 && tokens + length > tokensPerPass)
            {
                yield return batch;
                (batch, tokens) = ([], 0);
            }
            batch.Add(number);
            tokens += length;
        }
        if (batch.Count > 0)
            yield return batch;
    }

    private KeyValueCache ComputePrefix(ScoringRequest request, int length)
    {
        using var scope = new TensorScope();
        var cache = model.CreateCache(sequences: 1, capacity: length);
        model.Forward(ModelInput.FromDocuments([request.Context[..length]], model.Device, cache));
        cache.IsShared = true;
        return cache;
    }

    private void ScorePass(
        IReadOnlyList<ScoringRequest> requests, IReadOnlyList<int> batch, KeyValueCache? prefix,
        ContinuationScore[] scores)
    {
        using var scope = new TensorScope();
        var skipped = prefix?.Lengths[0] ?? 0;
        // A continuation's last token predicts nothing that is asked for.
        int[][] documents = [.. batch.Select(number => Tokens(requests[number], skipped))];
        var input = ModelInput.FromDocuments(documents, model.Device, prefix);
        var targets = new long[input.Boundaries.Tokens];
        Array.Fill(targets, LinearCrossEntropy.IgnoreIndex);
        for (var i = 0; i < batch.Count; i++)
        {
            var continuation = requests[batch[i]].Continuation;
            for (var j = 0; j < continuation.Length; j++)
                targets[input.Boundaries.Offsets[i + 1] - continuation.Length + j] = continuation[j];
        }
        var (logProbabilities, isMostLikely) = LinearCrossEntropy.TokenScores(
            model.Forward(input), model.OutputWeight, Tensor.tensor(targets).to(model.Device));
        var values = logProbabilities.to(Device.Cpu).Data<float>();
        var greedy = isMostLikely.to(Device.Cpu).Data<float>();
        for (var i = 0; i < batch.Count; i++)
        {
            var end = input.Boundaries.Offsets[i + 1];
            var tokens = (end - requests[batch[i]].Continuation.Length)..end;
            float[] each = values[tokens].ToArray();
            scores[batch[i]] = new ContinuationScore(
                each.Sum(value => (double)value), each, !greedy[tokens].Contains(0f));
        }
    }

    private static int[] Tokens(ScoringRequest request, int skipped) =>
        [.. request.Context[skipped..], .. request.Continuation[..^1]];

    private void Check(ScoringRequest request, int index)
    {
        if (request.Context.Length == 0)
        {
            throw new BadInputException(
                $"request {index + 1} has an empty context: begin with at least one token, such as the tokenizer's " +
                "beginning-of-sequence token");
        }
        if (request.Continuation.Length == 0)
            throw new BadInputException($"request {index + 1} has an empty continuation: there is nothing to score");
        foreach (var id in request.Context.Concat(request.Continuation))
        {
            if (id < 0 || id >= model.VocabularySize)
            {
                throw new BadInputException(
                    $"request {index + 1} holds token id {id}, and the model's embedding has {model.VocabularySize} " +
                    "rows: tokenizer and model do not belong together");
            }
        }
    }
}
