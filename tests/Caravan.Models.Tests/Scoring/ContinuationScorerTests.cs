using System.Text.Json;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models.Scoring;
using Caravan.Torch;

namespace Caravan.Models.Tests.Scoring;

public sealed class ContinuationScorerTests : IDisposable
{
    // Logits of fp32 models of a few layers, computed in another order of sums.
    private const double Float32Error = 2e-5;

    private readonly SmallModel _small = new();

    public void Dispose() => _small.Dispose();

    [Theory]
    [InlineData(Dtype.Float32, Float32Error)]
    // Logits are rounded to bf16, whose steps are 1/256 of them; they are below 4 here.
    [InlineData(Dtype.BFloat16, 0.05)]
    public void Score_EqualsTheLogProbabilitiesOfTheTrainingForward(Dtype dtype, double tolerance)
    {
        using var model = _small.Load(dtype);
        var requests = Requests();
        var scores = new ContinuationScorer(model).Score(requests);
        for (var i = 0; i < requests.Length; i++)
        {
            var expected = OneByOne(model, requests[i]);
            Assert.Equal(expected.Length, scores[i].TokenLogProbabilities.Count);
            for (var j = 0; j < expected.Length; j++)
                Assert.Equal(expected[j], scores[i].TokenLogProbabilities[j], tolerance);
            Assert.Equal(scores[i].TokenLogProbabilities.Sum(value => (double)value), scores[i].LogLikelihood, 1e-9);
        }
    }

    [Theory]
    [InlineData(1), InlineData(40), InlineData(100_000)]
    public void Score_DoesNotDependOnTheBatch(int tokensPerPass)
    {
        using var model = _small.Load();
        var requests = Requests();
        var together = new ContinuationScorer(model, tokensPerPass).Score(requests);
        for (var i = 0; i < requests.Length; i++)
        {
            var alone = new ContinuationScorer(model).Score([requests[i]])[0];
            Assert.Equal(
                alone.LogLikelihood, together[i].LogLikelihood, Float32Error * requests[i].Continuation.Length);
            Assert.Equal(alone.IsGreedy, together[i].IsGreedy);
        }
    }

    [Fact]
    public void IsGreedy_SaysWhetherEveryTokenIsTheMostLikely()
    {
        using var model = _small.Load();
        int[] context = [1, 5, 9];
        var greedy = Greedy(model, context, 4);
        var other = (int[])[.. greedy[..3], (greedy[3] + 1) % 60];
        var scores = new ContinuationScorer(model).Score(
            [new(context, greedy), new(context, other), new(context, greedy[..2])]);
        Assert.Equal([true, false, true], scores.Select(score => score.IsGreedy));
    }

    [Fact]
    public void Score_OfStories260k_EqualsPyTorchs()
    {
        var folder = Repository.SharedData("models", "stories260k");
        using var model = ModelFolder.Load(folder, Dtype.Float32);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var texts = expected.RootElement.GetProperty("nll").EnumerateArray().ToArray();
        var scores = new ContinuationScorer(model).Score([.. texts.Select(text =>
        {
            int[] ids = [.. text.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            return new ScoringRequest(ids[..1], ids[1..]);
        })]);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal(texts[i].GetProperty("tokens").GetInt32(), scores[i].TokenLogProbabilities.Count);
            // The file gives four digits behind the point.
            Assert.Equal(texts[i].GetProperty("sum_nll").GetDouble(), -scores[i].LogLikelihood, 5e-4);
        }
    }

    [Fact]
    public void Score_OfGreedyContinuationsOfStories260k_IsGreedy()
    {
        var folder = Repository.SharedData("models", "stories260k");
        using var model = ModelFolder.Load(folder, Dtype.Float32);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var requests = expected.RootElement.GetProperty("greedy").EnumerateArray().Select(text => new ScoringRequest(
            [.. text.GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32())],
            [.. text.GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32())])).ToArray();
        Assert.All(new ContinuationScorer(model).Score(requests), score => Assert.True(score.IsGreedy));
    }

    [Fact]
    public void Score_ReportsProgress_AndCanBeStopped()
    {
        using var model = _small.Load();
        var done = new List<int>();
        using var stop = new CancellationTokenSource();
        var progress = new Progress(count =>
        {
            done.Add(count);
            if (count >= 3)
                stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(
            () => new ContinuationScorer(model, tokensPerPass: 1).Score(Requests(), progress, stop.Token));
        Assert.Equal([1, 2, 3], done);
    }

    [Theory]
    [InlineData("", "1", "request 1 has an empty context")]
    [InlineData("1", "", "request 1 has an empty continuation")]
    [InlineData("1", "60", "token id 60")]
    [InlineData("-1", "2", "token id -1")]
    public void Score_OfWhatCannotBeScored_SaysSo(string context, string continuation, string message)
    {
        using var model = _small.Load();
        static int[] Ids(string text) => text.Length == 0 ? [] : [int.Parse(text)];
        var error = Assert.Throws<BadInputException>(
            () => new ContinuationScorer(model).Score([new(Ids(context), Ids(continuation))]));
        Assert.Contains(message, error.Message);
    }

    // Some share long beginnings, some short ones, some nothing.
    private static ScoringRequest[] Requests()
    {
        int[] examples = [1, .. Enumerable.Range(0, 25).Select(i => 2 + i * 7 % 50)];
        return
        [
            new([1], [5, 9, 2, 33]), new([.. examples, 8], [9, 10]), new([.. examples, 8], [11]), new([1, 7], [4]),
            new([.. examples, 8], [9, 12, 13, 14, 15, 16, 17]), new([.. examples, 20, 21], [3]),
                new([2, 3, 4, 5, 6], [59]),
            new([.. examples, 20, 21], [3, 4]),
        ];
    }

    private static float[] OneByOne(LanguageModel model, ScoringRequest request)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        int[] ids = [.. request.Context, .. request.Continuation];
        var hidden = model.Forward(ModelInput.FromDocuments([ids]));
        var targets = Tensor.tensor([.. ids[1..].Select(id => (long)id), LinearCrossEntropy.IgnoreIndex]);
        var all = LinearCrossEntropy.TokenLogProbabilities(hidden, model.OutputWeight, targets).Data<float>();
        return all[(request.Context.Length - 1)..^1].ToArray();
    }

    private static int[] Greedy(LanguageModel model, int[] context, int count)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var ids = context.ToList();
        for (var i = 0; i < count; i++)
        {
            var logits = model.Logits(model.Forward(ModelInput.FromDocuments([[.. ids]])));
            ids.Add((int)logits.select(0, ids.Count - 1).argmax(0).item());
        }
        return [.. ids[context.Length..]];
    }

    private sealed class Progress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
