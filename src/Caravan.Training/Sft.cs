// Supervised finetuning: next-token cross entropy on the assistant's tokens of conversations
// (Wang et al. 2023, arXiv:2306.04751).
//
//   caravan train sft --model-name-or-path MODEL --train-file DATA.jsonl --output-dir OUT
//
// Refuses: records it cannot read, data without a token to learn, tokens that the model has no embedding for, an output
// directory that holds anything but this run, a loss or gradient that is not a number.
//
// Stages, the same in every recipe: Prepare, BuildModel, BuildData, Step, Evaluate, Save.

using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Files;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Optimization;
using Caravan.Training.Run;

namespace Caravan.Training;

/// <summary>Supervised finetuning of a causal language model.</summary>
public sealed class Sft : IDisposable
{
    private readonly SftConfig _config;
    private readonly IProgress<TrainingEvent>? _progress;
    private readonly RunDirectory _run;
    private readonly Tokenizer _tokenizer;
    private readonly LanguageModel _model;
    private readonly TrainingSet _train;
    private readonly TrainingSet? _heldOut;
    private readonly UpdatePlan _plan;
    private readonly Optimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private int _update;        // updates made, earlier parts of the run included
    private long _tokens;       // tokens trained on, likewise
    private long _targetTokens;

    private Sft(SftConfig config, IProgress<TrainingEvent>? progress, CancellationToken stop)
    {
        (_config, _progress) = (config, progress);
        _tokenizer = Tokenizer.Load(config.TokenizerName ?? config.ModelNameOrPath);
        (_train, _heldOut) = BuildData(stop);
        _run = Prepare();
        _model = BuildModel();
        _plan = new UpdatePlan(
            new BatchPlan(_train.Lengths, new BatchPlanSettings
            {
                Packing = config.Packing,
                PerDeviceTrainBatchSize = config.PerDeviceTrainBatchSize,
                MaxSeqLength = config.MaxSeqLength,
                Seed = config.Seed,
            }),
            config.GradientAccumulationSteps, config.NumTrainEpochs, config.MaxTrainSteps);
        _optimizer = new Optimizer(
            _model.Parameters, config.AdamBeta1, config.AdamBeta2, config.AdamEpsilon, config.WeightDecay);
        _schedule = new LearningRateSchedule(
            config.LrSchedulerType, config.LearningRate,
            config.WarmupSteps ?? (int)(_plan.TotalSteps * config.WarmupRatio), _plan.TotalSteps);
        Restore();
    }

    /// <summary>Runs until all updates are made or <paramref name="stop"/> is asked for; then the current update is
    /// finished and a checkpoint written, and the same call goes on later.</summary>
    /// <param name="progress">Called on the training thread.</param>
    /// <exception cref="BadInputException">Model, tokenizer, data or output directory cannot be used.</exception>
    public static SftResult Run(SftConfig config, IProgress<TrainingEvent>? progress, CancellationToken stop)
    {
        using var recipe = new Sft(config, progress, stop);
        return recipe.Run(stop);
    }

    private SftResult Run(CancellationToken stop)
    {
        using var metrics = new MetricsFile(_run.MetricsPath, _update);
        var clock = Stopwatch.StartNew();
        var tokensBefore = _tokens;
        _progress?.Report(new TrainingStarted(
            _plan.TotalSteps, _update, _model.ParameterCount, _train.Examples.Count, _train.Report.WithoutLoss.Count,
            _train.Report.Truncated.Count, _plan.FillRatio));
        var lossBefore = _update == 0 ? Evaluate(metrics) : metrics.HeldOutLossAtStart;
        var lossAfter = lossBefore;
        while (_update < _plan.TotalSteps)
        {
            if (stop.IsCancellationRequested)
            {
                SaveCheckpoint();
                return Result(interrupted: true);
            }
            Step(metrics);
            var isLast = _update == _plan.TotalSteps;
            if (isLast || _update % _config.EvalSteps == 0)
                lossAfter = Evaluate(metrics);
            if (!isLast && _update % _config.CheckpointingSteps == 0)
                SaveCheckpoint();
        }
        Save();
        return Result(interrupted: false);

        SftResult Result(bool interrupted) => new(
            lossBefore, lossAfter, _update, clock.Elapsed.TotalSeconds, _tokens - tokensBefore, interrupted, _run.Path);
    }

    private RunDirectory Prepare()
    {
        var facts = new Dictionary<string, string>
        {
            ["train_records"] = $"{_train.Examples.Count}",
            ["train_sha256"] = Fingerprint(_train),
            ["held_out_sha256"] = _heldOut is null ? "" : Fingerprint(_heldOut),
        };
        return RunDirectory.Open(_config, facts);
    }

    private (TrainingSet Train, TrainingSet? HeldOut) BuildData(CancellationToken stop)
    {
        var template = ChatTemplate.Tulu;
        TokenizedMessages Tokenize(IReadOnlyList<ChatMessage> messages)
        {
            var chat = template.Tokenize(_tokenizer, messages, _config.MaxSeqLength);
            return new TokenizedMessages(chat.InputIds, chat.Labels, chat.Truncated);
        }

        var records = InstructionFile.Read(_config.TrainFile).Take(_config.MaxTrainSamples ?? int.MaxValue).ToList();
        List<InstructionRecord>? heldOut = null;
        if (_config.ValidationFile is { } file)
            heldOut = [.. InstructionFile.Read(file)];
        else if (_config.ValidationSplit > 0)
            (records, heldOut) = HeldOutSplit.Split(records, _config.ValidationSplit, _config.Seed);
        return (
            TrainingSet.FromRecords(records, Tokenize, cancellation: stop),
            heldOut is null ? null : TrainingSet.FromRecords(heldOut, Tokenize, cancellation: stop));
    }

    private LanguageModel BuildModel()
    {
        var dtype = _config.Dtype == Precision.Bf16 ? Dtype.BFloat16 : Dtype.Float32;
        // A run that goes on takes its parameters from its own checkpoint.
        var directory = _run.LatestCheckpoint?.Path ?? _config.ModelNameOrPath;
        var model = ModelFolder.Load(directory, dtype, Device.Parse(_config.Device), forTraining: true);
        var largest = Math.Max(_train.LargestTokenId, _heldOut?.LargestTokenId ?? 0);
        if (largest >= model.VocabularySize)
        {
            throw new BadInputException(
                $"{_config.ModelNameOrPath}: the data holds token id {largest} and the model's embedding has " +
                $"{model.VocabularySize} rows: tokenizer and model do not belong together. Check tokenizer_name.");
        }
        model.RequireGradients();
        return model;
    }

    // One update: forward and backward over its micro-batches, clip, AdamW, schedule, log.
    private void Step(MetricsFile metrics)
    {
        using var scope = new TensorScope();
        var clock = Stopwatch.StartNew();
        var (microBatches, epochsDone) = _plan.Update(_train, _update);
        var updateTargets = microBatches.Sum(batch => (long)batch.TargetTokens);
        double lossSum = 0;
        foreach (var batch in microBatches)
        {
            lossSum += ForwardBackward(batch, updateTargets, microBatches.Length);
            _optimizer.Accumulate();
        }
        var norm = _optimizer.GradientNorm();
        RefuseNotANumber(lossSum, norm, microBatches);
        var clip = _config.ClipGradNorm > 0 && norm > _config.ClipGradNorm ? _config.ClipGradNorm / (norm + 1e-6) : 1;
        var learningRate = _schedule.At(_update);
        _optimizer.Step(learningRate, clip);
        _update++;
        var tokens = microBatches.Sum(batch => (long)batch.InputIds.Length);
        _tokens += tokens;
        _targetTokens += updateTargets;
        Log(metrics, new StepCompleted(
            _update, _plan.TotalSteps, lossSum / Math.Max(1, updateTargets), learningRate, norm, updateTargets, tokens,
            clock.Elapsed.TotalSeconds, tokens / clock.Elapsed.TotalSeconds, epochsDone));
    }

    // Σ cross entropy over the target tokens of one micro-batch; its gradient, weighted, is added to the parameters'.
    private double ForwardBackward(TokenBatch batch, long updateTargets, int microBatches)
    {
        if (batch.TargetTokens == 0)
            return 0;
        using var scope = new TensorScope();
        var hidden = _model.Forward(Input(batch));                                // [tokens, hidden]
        var loss = LinearCrossEntropy.Sum(hidden, _model.OutputWeight, Targets(batch));
        var weight = _config.ReduceLoss switch
        {
            LossReduction.TokenMean => 1.0 / updateTargets,
            LossReduction.Mean => 1.0 / batch.TargetTokens / microBatches,
            _ => 1.0 / microBatches,
        };
        (loss * weight).backward();
        return loss.item();
    }

    // The mean loss per target token on the held-out records.
    private double? Evaluate(MetricsFile metrics)
    {
        if (_heldOut is null)
            return null;
        using var noGradients = GradientMode.Disable();
        double sum = 0;
        long targets = 0;
        foreach (var examples in _heldOut.Examples.Chunk(_config.PerDeviceTrainBatchSize))
        {
            using var scope = new TensorScope();
            var batch = TokenBatch.Of(examples);
            var hidden = _model.Forward(Input(batch));
            sum -= LinearCrossEntropy.TokenLogProbabilities(hidden, _model.OutputWeight, Targets(batch)).sum().item();
            targets += batch.TargetTokens;
        }
        var loss = sum / targets;
        metrics.Write(new JsonObject { ["step"] = _update, ["eval_loss"] = loss });
        _progress?.Report(new EvaluationCompleted(_update, loss));
        return loss;
    }

    private void SaveCheckpoint()
    {
        var path = _run.SaveCheckpoint(_update, _config.KeepLastNCheckpoints, folder =>
        {
            ModelFolder.Save(_model, folder);
            TensorFile.Write(Path.Combine(folder, "optimizer.safetensors"), _optimizer.State);
            new TrainerState(_update, _tokens, _targetTokens).Write(folder);
        });
        _progress?.Report(new CheckpointSaved(_update, path));
    }

    private void Restore()
    {
        if (_run.LatestCheckpoint is not { } checkpoint)
            return;
        var state = TrainerState.Read(checkpoint.Path);
        using var saved = TensorFile.Open(Path.Combine(checkpoint.Path, "optimizer.safetensors"));
        _optimizer.Restore(state.Update, saved.Read);
        (_update, _tokens, _targetTokens) = (state.Update, state.Tokens, state.TargetTokens);
    }

    private void Save()
    {
        ModelFolder.Save(_model, _run.Path);
        _tokenizer.WithChatTemplate(ChatTemplate.Tulu.JinjaSource).Save(_run.Path);
        GenerationConfig().Write(_run.Path);
        _run.Complete();
    }

    // Where other tools find the token that ends an answer; the model's own settings stay as they are.
    private GenerationConfigFile GenerationConfig()
    {
        var config = GenerationConfigFile.Find(_config.ModelNameOrPath) ?? GenerationConfigFile.Create();
        if (_tokenizer.BosTokenId is { } bos)
            config.Set("bos_token_id", bos);
        if (_tokenizer.EosTokenId is { } eos)
            config.Set("eos_token_id", eos);
        return config;
    }

    private void Log(MetricsFile metrics, StepCompleted step)
    {
        _progress?.Report(step);
        if (step.Step % _config.LoggingSteps != 0 && step.Step != step.TotalSteps)
            return;
        metrics.Write(new JsonObject
        {
            ["step"] = step.Step,
            ["epoch"] = step.Epoch,
            ["train_loss"] = step.Loss,
            ["learning_rate"] = step.LearningRate,
            ["gradient_norm"] = step.GradientNorm,
            ["total_tokens"] = _tokens,
            ["total_pred_tokens"] = _targetTokens,
            ["tokens_per_second"] = step.TokensPerSecond,
            ["step_time"] = step.Seconds,
        });
    }

    private void RefuseNotANumber(double loss, double norm, TokenBatch[] microBatches)
    {
        if (double.IsFinite(loss) && double.IsFinite(norm))
            return;
        var records = microBatches.SelectMany(batch => batch.RecordIds).ToArray();
        throw new BadInputException(
            $"update {_update + 1}: the loss is {loss} and the gradient's norm {norm}; the run stops before it damages " +
            $"the parameters. Learning rate {_schedule.At(_update):g3}; records {string.Join(", ", records.Take(8))}" +
            $"{(records.Length > 8 ? $" and {records.Length - 8} more" : "")}. Lower learning_rate, or check these records.");
    }

    private ModelInput Input(TokenBatch batch) => new(
        Ids(batch.InputIds), Ids(batch.PositionIds), batch.MaxLength - 1, new SequenceBoundaries(batch.CuSeqLens));

    private Tensor Targets(TokenBatch batch) => Ids(batch.Targets);

    private Tensor Ids(int[] values) => Tensor.tensor([.. values.Select(value => (long)value)]).to(_model.Device);

    private static string Fingerprint(TrainingSet data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var example in data.Examples)
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(example.InputIds.AsSpan()));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(example.Labels.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }
}
