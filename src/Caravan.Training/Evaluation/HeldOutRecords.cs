using Caravan.Data;
using Caravan.Generation;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Data;
using Caravan.Training.Models;

namespace Caravan.Training.Evaluation;

/// <summary>Records that a run measures itself on.</summary>
/// <param name="batchSize">Records in one forward pass.</param>
internal sealed class HeldOutRecords(LanguageModel model, Tokenizer tokenizer, TrainingSet records, int batchSize)
{
    private const int AnswerTokens = 128;

    /// <summary>The mean loss per target token.</summary>
    public double Loss()
    {
        using var noGradients = GradientMode.Disable();
        double sum = 0;
        long targets = 0;
        foreach (var examples in records.Examples.Chunk(batchSize))
        {
            using var scope = new TensorScope();
            var batch = TokenBatch.Of(examples);
            var hidden = model.Forward(batch.Input(model.Device));
            var expected = batch.TargetIds(model.Device);
            sum -= LinearCrossEntropy.TokenLogProbabilities(hidden, model.OutputWeight, expected).sum().item();
            targets += batch.TargetTokens;
        }
        return sum / targets;
    }

    /// <summary>The model's most likely answers to the first prompts, beside those of the records.</summary>
    public IReadOnlyList<SampleAnswer> Answers(int count)
    {
        using var noGradients = GradientMode.Disable();
        var samples = records.Examples.Take(count)
            .Select(example => (example.RecordId, Parts: PromptAndAnswer.Of(example)))
            .Where(sample => sample.Parts.Prompt.Length > 0 && sample.Parts.Prompt.Length < model.MaxPositions)
            .ToArray();
        var settings = new GenerationSettings
        {
            MaxNewTokens = AnswerTokens,
            Temperature = 0,
            StopTokenIds = tokenizer.EosTokenId is { } eos ? [eos] : [],
        };
        var answers = new Generator(model).Generate([.. samples.Select(sample => sample.Parts.Prompt)], settings);
        return
        [
            .. samples.Zip(answers, (sample, answer) => new SampleAnswer(
                sample.RecordId, tokenizer.Decode(sample.Parts.Prompt), tokenizer.Decode(sample.Parts.Answer),
                tokenizer.Decode(answer.TokenIds))),
        ];
    }
}
