// Supervised finetuning: next-token cross entropy on the assistant's tokens of conversations
// (Wang et al. 2023, arXiv:2306.04751).
//
//   caravan train sft --model-name-or-path MODEL --train-file DATA.jsonl --output-dir OUT
//
// Refuses: records it cannot read or that fail the checks, data without a token to learn, tokens that the model has no
// embedding for, an output directory that holds anything but this run, updates that are not numbers.
//
// Stages, the same in every recipe: Prepare, BuildModel, BuildData, Step, Evaluate, Save.

using System.Diagnostics;
using Caravan.Data;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Files;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Data;
using Caravan.Training.Evaluation;
using Caravan.Training.Models;
using Caravan.Training.Optimization;
using Caravan.Training.Report;
using Caravan.Training.Run;

namespace Caravan.Training;

/// <summary>Supervised finetuning of a causal language model.</summary>
public sealed class Sft : IDisposable
{
    private const string OptimizerFile = "optimizer.safetensors";
    private const double RecentLossMemory = 0.95; // of the past in the mean that a spike is measured against
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(30);

    private readonly SftConfig _config;
    private readonly IProgress<TrainingEvent>? _progress;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate _template;
    private readonly SftData _data;
    private readonly RunDirectory _run;
    private readonly CheckpointStore _checkpoints;
    private readonly Checkpoint? _resumedFrom;
    private readonly TrainedModel _trained;
    private readonly LanguageModel _model;
    private readonly HeldOutRecords? _heldOut;
    private readonly UpdatePlan _plan;
    private readonly Optimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly RunLog _log;
    private TrainerState _state = new();
    private TimeSpan _lastReport;

    private Sft(SftConfig config, IProgress<TrainingEvent>? progress, CancellationToken stop)
    {
        var isOpen = config.Dtype == Precision.Auto;
        config = config with { Dtype = AutomaticPrecision.OfRun(config) };
        (_config, _progress) = (config, progress);
        if (isOpen)
            Say($"dtype: auto is {(config.Dtype == Precision.Bf16 ? "bf16" : "fp32")} here.");
        try
        {
            _tokenizer = Tokenizer.Load(config.TokenizerName ?? config.ModelNameOrPath);
            _template = TrainingTemplate.Of(config, _tokenizer);
            _data = SftData.Open(config, _tokenizer, _template, Say, stop); // BuildData
            _run = Prepare();
            _checkpoints = new CheckpointStore(_run.In("checkpoints"), config.KeepLastNCheckpoints, Say);
            _checkpoints.Clean();
            _resumedFrom = config.ResumeFromCheckpoint is { } named
                ? CheckpointStore.Named(named)
                : _checkpoints.Latest();
            _trained = BuildModel();
            _model = _trained.Model;
            if (_data.HeldOut is { } heldOut)
                _heldOut = new HeldOutRecords(_model, _tokenizer, heldOut, config.PerDeviceTrainBatchSize);
            _plan = new UpdatePlan(
                new BatchPlan(_data.Train.Lengths, new BatchPlanSettings
                {
                    Packing = config.Packing,
                    PerDeviceTrainBatchSize = config.PerDeviceTrainBatchSize,
                    MaxSeqLength = config.MaxSeqLength,
                    Seed = config.Seed,
                }),
                config.GradientAccumulationSteps, config.NumTrainEpochs, config.MaxTrainSteps);
            _optimizer = new Optimizer(
                _trained.Parameters, config.AdamBeta1, config.AdamBeta2, config.AdamEpsilon, config.WeightDecay,
                new AdamWFormat(config.EightBitOptimizer, config.StochasticRounding));
            _schedule = new LearningRateSchedule(
                config.LrSchedulerType, config.LearningRate,
                config.WarmupSteps ?? (int)(_plan.TotalSteps * config.WarmupRatio), _plan.TotalSteps, config.WarmupType,
                config.FinalLrRatio ?? 0);
            Restore();
            _log = new RunLog(_run, _resumedFrom?.Step, RunLog.WantsEvents(config.ReportTo));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs until all updates are made or <paramref name="stop"/> is asked for; then the current update is
    /// finished and a checkpoint written, and the same call goes on later.</summary>
    /// <param name="progress">Called on the training thread.</param>
    /// <exception cref="BadInputException">Model, tokenizer, data or output directory cannot be used, or updates are
    /// not numbers.</exception>
    public static SftResult Run(SftConfig config, IProgress<TrainingEvent>? progress, CancellationToken stop)
    {
        using var recipe = new Sft(config, progress, stop);
        return recipe.Run(stop);
    }

    private SftResult Run(CancellationToken stop)
    {
        var tokensBefore = _state.Tokens;
        CheckPacking();
        if (_resumedFrom is null)
            _checkpoints.TryOut(
                CheckpointBytes + _trained.ResultBytes(_config.SaveMergedLoraModel), WriteTrial);
        var report = _data.Train.Report;
        _progress?.Report(new TrainingStarted(
            _plan.TotalSteps, _state.Update, _model.ParameterCount, _trained.TrainedCount, report.Kept,
            report.WithoutLoss.Count, report.Truncated.Count, _plan.FillRatio));
        if (_state.FirstHeldOutLoss is null)
            Evaluate();
        while (_state.Update < _plan.TotalSteps && !HasStalled)
        {
            if (stop.IsCancellationRequested || _clock.Elapsed.TotalSeconds >= _config.TimeLimit)
            {
                SaveCheckpoint(mustSucceed: true);
                WriteReport(isDue: true);
                return Result(interrupted: true);
            }
            var epochsDone = Step();
            var isLast = _state.Update == _plan.TotalSteps;
            var isEvaluated = isLast || _state.Update % _config.EvalSteps == 0;
            if (isEvaluated)
                Evaluate();
            var endsEpoch = epochsDone == Math.Floor(epochsDone);
            if (!isLast && _config.CheckpointingSteps is { } interval && interval.IsDue(_state.Update, endsEpoch))
                SaveCheckpoint(mustSucceed: false);
            WriteReport(isDue: isEvaluated);
        }
        Save();
        return Result(interrupted: false);

        SftResult Result(bool interrupted) => new(
            _state.FirstHeldOutLoss, _state.LastHeldOutLoss, _state.Update, _clock.Elapsed.TotalSeconds,
            _state.Tokens - tokensBefore, interrupted, _run.Path);
    }

    private RunDirectory Prepare()
    {
        var facts = new Dictionary<string, string>
        {
            ["train_records"] = $"{_data.Train.Examples.Count}",
            ["held_out_records"] = $"{_data.HeldOut?.Examples.Count ?? 0}",
            ["sha256"] = _data.Fingerprint,
        };
        if (_config.Compare is { } other)
            RunRecord.RequireRun(other);
        var run = RunDirectory.Open("sft", _config, facts);
        AtomicFile.WriteText(run.In("data.json"), DataSource.Describe(_data.Sources).ToJsonString() + "\n");
        return run;
    }

    private TrainedModel BuildModel() => TrainedModel.Load(
        _config, _tokenizer, Math.Max(_data.Train.LargestTokenId, _data.HeldOut?.LargestTokenId ?? 0),
        _resumedFrom?.Path, Say);

    // On the first batch: what is trained on must not depend on how records are packed.
    private void CheckPacking()
    {
        PackingCheck.Require(_model, _plan.Update(_data.Train, 0).MicroBatches[0]);
        _optimizer.ZeroGradients();
    }

    // One update: forward and backward over its micro-batches, clip, AdamW, schedule, log. Gives the epochs done.
    private double Step()
    {
        using var scope = new TensorScope();
        var start = _clock.Elapsed;
        var (microBatches, epochsDone) = _plan.Update(_data.Train, _state.Update);
        var updateTargets = microBatches.Sum(batch => (long)batch.TargetTokens);
        double lossSum = 0;
        for (var i = 0; i < microBatches.Length; i++)
        {
            lossSum += ForwardBackward(microBatches[i], i, updateTargets);
            if (microBatches.Length > 1)
                _optimizer.Accumulate();
        }
        var norm = _optimizer.GradientNorm();
        var loss = lossSum / Math.Max(1, updateTargets);
        // Skipped updates do not move the schedule.
        var learningRate = _schedule.At(_state.Update - _state.SkippedUpdates);
        _state = _state with { Update = _state.Update + 1 };
        if (!IsUsable(loss, norm))
        {
            Skip(loss, norm, learningRate, microBatches);
            return epochsDone;
        }
        var clip = _config.ClipGradNorm > 0 && norm > _config.ClipGradNorm ? _config.ClipGradNorm / (norm + 1e-6) : 1;
        _optimizer.Step(learningRate, clip);
        var tokens = microBatches.Sum(batch => (long)batch.InputIds.Length);
        _state = _state with
        {
            SkippedInARow = 0,
            Tokens = _state.Tokens + tokens,
            TargetTokens = _state.TargetTokens + updateTargets,
            RecentLoss = RecentLossMemory * (_state.RecentLoss ?? loss) + (1 - RecentLossMemory) * loss,
        };
        var seconds = (_clock.Elapsed - start).TotalSeconds;
        Log(new StepCompleted(
            _state.Update, _plan.TotalSteps, loss, learningRate, norm, updateTargets, tokens, seconds, tokens / seconds,
            epochsDone));
        return epochsDone;
    }

    // Σ cross entropy over the target tokens of one micro-batch; its gradient, weighted, is added to the parameters'.
    private double ForwardBackward(TokenBatch batch, int microBatch, long updateTargets)
    {
        if (batch.TargetTokens == 0)
            return 0;
        using var scope = new TensorScope();
        var input = batch.Input(_model.Device) with { EmbeddingNoise = Noise(batch, microBatch) };
        var hidden = _model.Forward(input);                                     // [tokens, hidden]
        var loss = LinearCrossEntropy.Sum(hidden, _model.OutputWeight, batch.TargetIds(_model.Device));
        var weight = _config.ReduceLoss switch
        {
            LossReduction.TokenMean => 1.0 / updateTargets,
            // As open-instruct has them: divided by the setting also where the last update of an epoch has fewer
            // passes.
            LossReduction.Mean => 1.0 / batch.TargetTokens / _config.GradientAccumulationSteps,
            _ => 1.0 / _config.GradientAccumulationSteps,
        };
        (loss * weight).backward();
        return loss.item();
    }

    private Tensor? Noise(TokenBatch batch, int microBatch) => _config.NeftuneNoiseAlpha is { } alpha
        ? EmbeddingNoise.Draw(
            batch, alpha, _model.OutputWeight.Size(1), _model.Dtype, _model.Device, _config.Seed, _state.Update,
            microBatch)
        : null;

    private bool IsUsable(double loss, double norm) =>
        double.IsFinite(loss) && double.IsFinite(norm) && !(loss > _config.LossSpikeFactor * _state.RecentLoss);

    // The parameters stay as they are; after a few such updates one after the other the run stops.
    private void Skip(double loss, double norm, double learningRate, TokenBatch[] microBatches)
    {
        _optimizer.ZeroGradients();
        _state = _state with
        {
            SkippedUpdates = _state.SkippedUpdates + 1,
            SkippedInARow = _state.SkippedInARow + 1,
        };
        string[] records = [.. microBatches.SelectMany(batch => batch.RecordIds)];
        _log.Write(
            _state.Update, ("skipped_loss", MetricsFile.Number(loss)), ("gradient_norm", MetricsFile.Number(norm)),
            ("learning_rate", learningRate), ("skipped_updates", _state.SkippedUpdates),
            ("records", string.Join(' ', records)));
        _progress?.Report(new StepSkipped(
            _state.Update, _plan.TotalSteps, loss, norm, learningRate, records, _state.SkippedInARow));
        if (_state.SkippedInARow < _config.MaxSkippedUpdates)
            return;
        WriteReport(isDue: true);
        throw new BadInputException(
            $"update {_state.Update}: the loss is {loss} and the gradient's norm {norm}, for the " +
            $"{_state.SkippedInARow}th time in a row; the run stops before it damages the parameters. Learning rate " +
            $"{learningRate:g3}; records " +
            $"{string.Join(", ", records.Take(8))}{(records.Length > 8 ? $" and {records.Length - 8} more" : "")}. " +
            "Lower learning_rate, or check these records; the last checkpoint is untouched.");
    }

    private bool HasStalled => _state.EvaluationsWithoutProgress >= _config.EarlyStoppingPatience;

    // The mean loss per target token on the held-out records, and some answers.
    private void Evaluate()
    {
        if (_heldOut is null)
            return;
        var evaluation = new EvaluationCompleted(_state.Update, _heldOut.Loss());
        var isBest = !(evaluation.Loss >= _state.BestHeldOutLoss);
        _state = _state with
        {
            FirstHeldOutLoss = _state.FirstHeldOutLoss ?? evaluation.Loss,
            LastHeldOutLoss = evaluation.Loss,
            BestHeldOutLoss = isBest ? evaluation.Loss : _state.BestHeldOutLoss,
            EvaluationsWithoutProgress = isBest ? 0 : _state.EvaluationsWithoutProgress + 1,
        };
        _log.Write(_state.Update, ("eval_loss", evaluation.Loss),
            ("eval_perplexity", MetricsFile.Number(evaluation.Perplexity)));
        _progress?.Report(evaluation);
        foreach (var sample in _heldOut.Answers(_config.EvalSamples))
            _log.WriteSample(_state.Update, sample.RecordId, sample.Prompt, sample.Reference, sample.Answer);
        if (HasStalled)
        {
            Say($"The held-out loss has not fallen for {_state.EvaluationsWithoutProgress} evaluations: the run ends " +
                "here (early_stopping_patience).");
        }
    }

    private void SaveCheckpoint(bool mustSucceed)
    {
        try
        {
            var checkpoint = _checkpoints.Save(_state.Update, CheckpointBytes, WriteCheckpoint);
            _progress?.Report(new CheckpointSaved(_state.Update, checkpoint.Path));
        }
        catch (Exception error) when (!mustSucceed && error is IOException or BadInputException)
        {
            Say($"The checkpoint of update {_state.Update} could not be saved, and the training goes on: " +
                $"{error.Message}");
        }
    }

    // Gives SHA-256 of the files of tensors, by their names.
    private Dictionary<string, string> WriteCheckpoint(string folder)
    {
        WriteState(folder);
        return new(_trained.WriteCheckpoint(folder).Concat(
            SavedTensors.Write(folder, OptimizerFile, _optimizer.State)));
    }

    private Dictionary<string, string> WriteTrial(string folder)
    {
        WriteState(folder);
        return new(_trained.WriteTrial(folder).Concat(
            SavedTensors.Write(folder, OptimizerFile, SavedTensors.Beginnings(_optimizer.State))));
    }

    private void WriteState(string folder) =>
        (_state with { DropoutPasses = _model.Dropout?.Passes ?? 0, BaseModel = _trained.BaseFingerprint })
            .Write(folder);

    private long CheckpointBytes => _trained.StoredBytes + SavedTensors.Bytes(_optimizer.State) + (1 << 20);

    private void Restore()
    {
        if (_resumedFrom is null)
            return;
        _state = TrainerState.Read(_resumedFrom.Path);
        if (_state.BaseModel is { } trainedOn && trainedOn != _trained.BaseFingerprint)
        {
            throw new BadInputException(
                $"{_resumedFrom.Path}: this adapter was trained on another base model than " +
                $"{_config.ModelNameOrPath}: the fingerprint of its weights is {trainedOn[..12]}…, and here it is " +
                $"{_trained.BaseFingerprint?[..12]}…. Give the base that the run began with, or begin a run in " +
                "another output_dir.");
        }
        using var saved = TensorFile.Open(Path.Combine(_resumedFrom.Path, OptimizerFile));
        _optimizer.Restore(_state.Update - _state.SkippedUpdates, saved);
        if (_model.Dropout is { } dropout)
            dropout.Passes = _state.DropoutPasses;
    }

    private void Save()
    {
        _trained.Save(_run.Path, _config.SaveMergedLoraModel);
        ModelFiles.Write(_run.Path, _config.ModelNameOrPath, _tokenizer, _template);
        RunCard.Write(
            _run.Path, _config.ModelNameOrPath, "supervised finetuning", _template.Name, _data.Sources,
            ConfigKey.Changed(_config), RunRecord.Summarise(_state));
        WriteReport(isDue: true);
        _run.Complete();
    }

    private void Log(StepCompleted step)
    {
        _progress?.Report(step);
        if (step.Step % _config.LoggingSteps != 0 && step.Step != step.TotalSteps)
            return;
        _log.Write(
            step.Step, ("epoch", step.Epoch), ("train_loss", step.Loss), ("learning_rate", step.LearningRate),
            ("gradient_norm", step.GradientNorm), ("total_tokens", _state.Tokens),
            ("total_pred_tokens", _state.TargetTokens), ("skipped_updates", _state.SkippedUpdates),
            ("tokens_per_second", step.TokensPerSecond), ("step_time", step.Seconds),
            ("memory_gib", ProcessMemory.ResidentGibibytes));
    }

    private void WriteReport(bool isDue)
    {
        if (!isDue && _clock.Elapsed - _lastReport < ReportInterval)
            return;
        _lastReport = _clock.Elapsed;
        var title = $"Finetuning of {Path.GetFileName(Path.TrimEndingDirectorySeparator(_config.ModelNameOrPath))}";
        try
        {
            RunReport.Write(_run.In("report.html"), RunRecord.Read(_run.Path, title, _config.Compare));
        }
        catch (IOException error)
        {
            Say($"The report could not be written, and the training goes on: {error.Message}");
        }
    }

    private void Say(string text) => _progress?.Report(new Notice(text));

    public void Dispose()
    {
        _log?.Dispose();
        _optimizer?.Dispose();
        _trained?.Dispose();
        _run?.Dispose();
        _data?.Dispose();
    }
}
