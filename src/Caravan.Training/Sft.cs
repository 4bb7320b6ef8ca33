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
using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Files;
using Caravan.Generation;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Files;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Data;
using Caravan.Training.Models;
using Caravan.Training.Optimization;
using Caravan.Training.Report;
using Caravan.Training.Run;

namespace Caravan.Training;

/// <summary>Supervised finetuning of a causal language model.</summary>
public sealed class Sft : IDisposable
{
    private const int SampleTokens = 128;
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
            _template = Template();
            _data = SftData.Open(config, _tokenizer, _template, Say, stop); // BuildData
            _run = Prepare();
            _checkpoints = new CheckpointStore(_run.In("checkpoints"), config.KeepLastNCheckpoints, Say);
            _checkpoints.Clean();
            _resumedFrom = config.ResumeFromCheckpoint is { } named
                ? CheckpointStore.Named(named)
                : _checkpoints.Latest();
            _trained = BuildModel();
            _model = _trained.Model;
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
        if (_resumedFrom is null)
            _checkpoints.TryOut(CheckpointBytes, WriteCheckpoint);
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

    private ChatTemplate Template()
    {
        var template = _config.ChatTemplateName == "tokenizer"
            ? ChatTemplate.FromJinja(_tokenizer.ChatTemplateSource ?? throw new BadInputException(
                "chat_template_name is tokenizer, and the tokenizer's files have no chat template. Name one, such as tulu."))
            : ChatTemplate.ByName(_config.ChatTemplateName);
        if (!_config.AddBos)
            return template;
        if (_tokenizer.BosToken is null)
            throw new BadInputException(
                "add_bos: the tokenizer has no bos token. Set bos_token in tokenizer_config.json.");
        return ChatTemplate.FromJinja("{{ bos_token }}" + template.JinjaSource, template.Name);
    }

    private TrainedModel BuildModel() => TrainedModel.Load(
        _config, _tokenizer, Math.Max(_data.Train.LargestTokenId, _data.HeldOut?.LargestTokenId ?? 0),
        _resumedFrom?.Path, Say);

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
        var input = Input(batch) with { EmbeddingNoise = Noise(batch, microBatch) };
        var hidden = _model.Forward(input);                                     // [tokens, hidden]
        var loss = LinearCrossEntropy.Sum(hidden, _model.OutputWeight, Targets(batch));
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
            $"update {_state.Update}: the loss is {loss} and the gradient's norm {norm}, for the {_state.SkippedInARow}th time " +
            $"in a row; the run stops before it damages the parameters. Learning rate {learningRate:g3}; records " +
            $"{string.Join(", ", records.Take(8))}{(records.Length > 8 ? $" and {records.Length - 8} more" : "")}. Lower " +
            "learning_rate, or check these records; the last checkpoint is untouched.");
    }

    private bool HasStalled => _state.EvaluationsWithoutProgress >= _config.EarlyStoppingPatience;

    // The mean loss per target token on the held-out records, and some answers.
    private void Evaluate()
    {
        if (_data.HeldOut is not { } heldOut)
            return;
        using var noGradients = GradientMode.Disable();
        double sum = 0;
        long targets = 0;
        foreach (var examples in heldOut.Examples.Chunk(_config.PerDeviceTrainBatchSize))
        {
            using var scope = new TensorScope();
            var batch = TokenBatch.Of(examples);
            var hidden = _model.Forward(Input(batch));
            sum -= LinearCrossEntropy.TokenLogProbabilities(hidden, _model.OutputWeight, Targets(batch)).sum().item();
            targets += batch.TargetTokens;
        }
        var evaluation = new EvaluationCompleted(_state.Update, sum / targets);
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
        AnswerSamples(heldOut);
        if (HasStalled)
            Say($"The held-out loss has not fallen for {_state.EvaluationsWithoutProgress} evaluations: the run ends here (early_stopping_patience).");
    }

    private void AnswerSamples(TrainingSet heldOut)
    {
        var samples = heldOut.Examples.Take(_config.EvalSamples)
            .Select(example => (example.RecordId, Parts: PromptAndAnswer.Of(example)))
            .Where(sample => sample.Parts.Prompt.Length > 0 && sample.Parts.Prompt.Length < _model.MaxPositions)
            .ToArray();
        var settings = new GenerationSettings
        {
            MaxNewTokens = SampleTokens,
            Temperature = 0,
            StopTokenIds = _tokenizer.EosTokenId is { } eos ? [eos] : [],
        };
        var answers = new Generator(_model).Generate([.. samples.Select(sample => sample.Parts.Prompt)], settings);
        for (var i = 0; i < samples.Length; i++)
        {
            var (id, (prompt, answer)) = samples[i];
            _log.WriteSample(
                _state.Update, id, _tokenizer.Decode(prompt), _tokenizer.Decode(answer),
                _tokenizer.Decode(answers[i].TokenIds));
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
            Say($"The checkpoint of update {_state.Update} could not be saved, and the training goes on: {error.Message}");
        }
    }

    private void WriteCheckpoint(string folder)
    {
        _trained.WriteCheckpoint(folder);
        TensorFile.Write(Path.Combine(folder, "optimizer.safetensors"), _optimizer.State);
        SavedTensors.Verify(folder, "optimizer.safetensors", _optimizer.State);
        (_state with { DropoutPasses = _model.Dropout?.Passes ?? 0 }).Write(folder);
    }

    private long CheckpointBytes => _trained.StoredBytes + SavedTensors.Bytes(_optimizer.State) + (1 << 20);

    private void Restore()
    {
        if (_resumedFrom is null)
            return;
        _state = TrainerState.Read(_resumedFrom.Path);
        using var saved = TensorFile.Open(Path.Combine(_resumedFrom.Path, "optimizer.safetensors"));
        _optimizer.Restore(_state.Update - _state.SkippedUpdates, saved.Read);
        if (_model.Dropout is { } dropout)
            dropout.Passes = _state.DropoutPasses;
    }

    private void Save()
    {
        _trained.Save(_run.Path, _config.SaveMergedLoraModel);
        _tokenizer.WithChatTemplate(_template.JinjaSource).Save(_run.Path);
        GenerationConfig().Write(_run.Path);
        RunCard.Write(
            _run.Path, _config.ModelNameOrPath, "supervised finetuning", _data.Sources, ConfigKey.Changed(_config),
            RunRecord.Summarise(_state));
        WriteReport(isDue: true);
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

    private ModelInput Input(TokenBatch batch) => new(
        Ids(batch.InputIds), Ids(batch.PositionIds), batch.MaxLength - 1, new SequenceBoundaries(batch.CuSeqLens));

    private Tensor Targets(TokenBatch batch) => Ids(batch.Targets);

    private Tensor Ids(int[] values) => Tensor.tensor([.. values.Select(value => (long)value)]).to(_model.Device);

    public void Dispose()
    {
        _log?.Dispose();
        _optimizer?.Dispose();
        _trained?.Dispose();
        _run?.Dispose();
        _data?.Dispose();
    }
}
