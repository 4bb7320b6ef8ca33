using Caravan.Training.Configuration;

namespace Caravan.Training;

/// <summary>What every recipe's configuration has. Keys, meanings and defaults are open-instruct's where it has them.
/// </summary>
public abstract record TrainingConfig
{
    [ConfigKey("Model directory in Hugging Face's layout to start from.")]
    public required string ModelNameOrPath { get; init; }

    [ConfigKey("Refuse weights with tensors that the model does not have, instead of a warning.", IsFree = true)]
    public bool Strict { get; init; }

    [ConfigKey("Directory of the tokenizer. Default: the model's.", Aliases = ["tokenizer_name_or_path"])]
    public string? TokenizerName { get; init; }

    [ConfigKey("Where the run's checkpoints, metrics and final model go.", IsFree = true)]
    public required string OutputDir { get; init; }

    [ConfigKey(
        "Replace what output_dir holds. Without it, an interrupted run of the same configuration goes on, and " +
        "anything else is refused.", IsFree = true)]
    public bool OverwriteOutputDir { get; init; }

    [ConfigKey("Checkpoint to go on from. Default: the newest whole one in output_dir.", IsFree = true)]
    public string? ResumeFromCheckpoint { get; init; }

    [ConfigKey("Longest record in tokens; longer ones lose their end.", Min = 2)]
    public int MaxSeqLength { get; init; } = 2048;

    [ConfigKey("Rows in one forward pass on a device.", Min = 1)]
    public int PerDeviceTrainBatchSize { get; init; } = 8;

    [ConfigKey("Forward passes whose gradients make one update.", Min = 1)]
    public int GradientAccumulationSteps { get; init; } = 1;

    [ConfigKey("Passes over the training records.", Min = 1)]
    public int NumTrainEpochs { get; init; } = 2;

    [ConfigKey("Updates to make, instead of num_train_epochs.", Min = 1)]
    public int? MaxTrainSteps { get; init; }

    [ConfigKey("Greatest learning rate.", Min = 0)]
    public double LearningRate { get; init; } = 2e-5;

    [ConfigKey("How the learning rate goes after its warm-up.")]
    public LrSchedulerType LrSchedulerType { get; init; } = LrSchedulerType.Linear;

    [ConfigKey("Share of the updates in which the learning rate rises from 0.", Min = 0, Max = 1)]
    public double WarmupRatio { get; init; } = 0.03;

    [ConfigKey("Updates in which the learning rate rises from 0, instead of warmup_ratio.", Min = 0,
        Aliases = ["num_warmup_steps"])]
    public int? WarmupSteps { get; init; }

    [ConfigKey("How it rises. log: with the logarithm of the update, as DeepSpeed's WarmupDecayLR does.")]
    public WarmupType WarmupType { get; init; } = WarmupType.Linear;

    [ConfigKey("Where a linear schedule ends, as a share of learning_rate.", Min = 0, Max = 0.99)]
    public double? FinalLrRatio { get; init; }

    [ConfigKey("Decoupled weight decay of matrices; biases and norms have none.", Min = 0)]
    public double WeightDecay { get; init; }

    [ConfigKey("Decay of AdamW's mean of gradients.", Min = 0, Max = 1)]
    public double AdamBeta1 { get; init; } = 0.9;

    [ConfigKey("Decay of AdamW's mean of squared gradients.", Min = 0, Max = 1)]
    public double AdamBeta2 { get; init; } = 0.999;

    [ConfigKey("Added to AdamW's denominator.", Min = 0, AboveMin = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [ConfigKey("Greatest global norm of the gradient; -1: no clipping.", Min = -1, Aliases = ["max_grad_norm"])]
    public double ClipGradNorm { get; init; } = 1;

    [ConfigKey(
        "What the embedding of a token begins with that was added to the tokenizer: normal, random numbers as " +
        "the model's first ones were; mean, the mean of the other tokens.", Words = ["normal", "mean"])]
    public string NewTokenInit { get; init; } = "normal";

    [ConfigKey(
        "Parameters that stay as they are: names, or the beginnings of names up to a dot, such as " +
        "model.layers.0.")]
    public IReadOnlyList<string> Freeze { get; init; } = [];

    [ConfigKey(
        "Train a low-rank adapter (LoRA) and leave the model as it is. What is saved is the adapter, as PEFT " +
        "saves it.")]
    public bool UseLora { get; init; }

    [ConfigKey("LoRA over a model whose linear layers are kept in 4 bits (NF4 with doubly quantised scales).")]
    public bool UseQlora { get; init; }

    [ConfigKey("Rank of an adapter.", Min = 1)]
    public int LoraRank { get; init; } = 64;

    [ConfigKey("An adapter's change is scaled by this over its rank.", Min = 0, AboveMin = true)]
    public double LoraAlpha { get; init; } = 16;

    [ConfigKey("Share of an adapter's inputs that are dropped in training.", Min = 0, Max = 0.99)]
    public double LoraDropout { get; init; } = 0.1;

    [ConfigKey(
        "Which linear layers have adapters: all-linear, the ends of names with commas (q_proj,v_proj), or a " +
        "regular expression.", Aliases = ["lora_target_modules"])]
    public string LoraTargets { get; init; } = "all-linear";

    [ConfigKey("Scale by alpha over the root of the rank instead, so that high ranks learn as fast as low ones.")]
    public bool UseRslora { get; init; }

    [ConfigKey("Modules that are trained and saved whole beside an adapter, such as embed_tokens.",
        Aliases = ["lora_modules_to_save"])]
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    [ConfigKey(
        "At the end put the adapter into the weights and save a whole model; the adapter goes to the folder " +
        "adapter.")]
    public bool SaveMergedLoraModel { get; init; }

    [ConfigKey("Train without the dropout that some models have in their own configuration.")]
    public bool DisableDropout { get; init; }

    [ConfigKey(
        "Compute activations within layers again in the backward pass instead of keeping them: a third more " +
        "computation, far less memory.", IsFree = true)]
    public bool GradientCheckpointing { get; init; }

    [ConfigKey(
        "Type of parameters and activations; with bf16 the optimizer keeps fp32 masters. auto: bf16 on processors " +
        "that multiply it, else fp32; a run that goes on keeps its type.")]
    public Precision Dtype { get; init; } = Precision.Auto;

    [ConfigKey(
        "Keep AdamW's moments in 8 bits instead of 32: 6 bytes less for each parameter. Only on the CPU.",
        Aliases = ["use_8bit_optimizer"])]
    public bool EightBitOptimizer { get; init; }

    [ConfigKey(
        "Without fp32 masters of bf16 parameters: updates are rounded at random, right on average; 4 bytes less " +
        "for each parameter. Only on the CPU.")]
    public bool StochasticRounding { get; init; }

    [ConfigKey("cpu, cuda or cuda:N.", IsFree = true)]
    public string Device { get; init; } = "cpu";

    [ConfigKey("One seed for the order of the data and everything else that is random.")]
    public long Seed { get; init; } = 42;

    [ConfigKey("Updates between two lines of metrics.", Min = 1, IsFree = true)]
    public int LoggingSteps { get; init; } = 1;

    [ConfigKey("Updates between two evaluations on the held-out records.", Min = 1, IsFree = true)]
    public int? EvalSteps { get; init; }

    [ConfigKey("Updates between two checkpoints, or epoch; a stopped run writes one by itself.", IsFree = true)]
    public Interval? CheckpointingSteps { get; init; }

    [ConfigKey("Checkpoints to keep; -1: all.", Min = -1, IsFree = true)]
    public int KeepLastNCheckpoints { get; init; } = 3;

    [ConfigKey("Seconds after which the run writes a checkpoint and stops with exit code 75, as on SIGTERM.", Min = 0,
        AboveMin = true, IsFree = true)]
    public double? TimeLimit { get; init; }

    [ConfigKey(
        "Updates one after the other that may be skipped because loss or gradient is not a number, before the " +
        "run stops.", Min = 1, IsFree = true)]
    public int MaxSkippedUpdates { get; init; } = 5;

    [ConfigKey(
        "Where metrics go besides metrics.jsonl and report.html: tensorboard (event files in output_dir; all and " +
        "hosted trackers mean the same, nothing is sent) or none.", IsFree = true)]
    public IReadOnlyList<string> ReportTo { get; init; } = [];

    [ConfigKey("Output directory of another run to draw beside this one in report.html.", IsFree = true)]
    public string? Compare { get; init; }
}
