using Caravan.Training.Configuration;

namespace Caravan.Training;

/// <summary>A supervised finetuning run. Keys, meanings and defaults are open-instruct's where it has them.</summary>
public sealed record SftConfig
{
    [ConfigKey("Model directory in Hugging Face's layout to start from.")]
    public required string ModelNameOrPath { get; init; }

    [ConfigKey("Directory of the tokenizer. Default: the model's.")]
    public string? TokenizerName { get; init; }

    [ConfigKey("Training records: a .jsonl or .json file of messages, instruction/input/output or prompt/completion records.")]
    public required string TrainFile { get; init; }

    [ConfigKey("Held-out records, in the same formats; the loss on them is reported before, during and after training.")]
    public string? ValidationFile { get; init; }

    [ConfigKey("Share of the training records to hold out where there is no validation_file.", Min = 0, Max = 0.5)]
    public double ValidationSplit { get; init; }

    [ConfigKey("Where the run's checkpoints, metrics and final model go.")]
    public required string OutputDir { get; init; }

    [ConfigKey("Replace what output_dir holds. Without it, an interrupted run of the same configuration goes on, and anything else is refused.")]
    public bool OverwriteOutputDir { get; init; }

    [ConfigKey("Layout of a conversation as text.")]
    public ChatTemplateName ChatTemplate { get; init; } = ChatTemplateName.Tulu;

    [ConfigKey("Longest record in tokens; longer ones lose their end.", Min = 2)]
    public int MaxSeqLength { get; init; } = 2048;

    [ConfigKey("Use only the first so many training records.", Min = 1)]
    public int? MaxTrainSamples { get; init; }

    [ConfigKey("Fill rows of max_seq_length with whole records instead of one record a row. Records never see each other.")]
    public bool Packing { get; init; }

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

    [ConfigKey("Updates in which the learning rate rises from 0, instead of warmup_ratio.", Min = 0)]
    public int? WarmupSteps { get; init; }

    [ConfigKey("Decoupled weight decay of matrices; biases and norms have none.", Min = 0)]
    public double WeightDecay { get; init; }

    [ConfigKey("Decay of AdamW's mean of gradients.", Min = 0, Max = 1)]
    public double AdamBeta1 { get; init; } = 0.9;

    [ConfigKey("Decay of AdamW's mean of squared gradients.", Min = 0, Max = 1)]
    public double AdamBeta2 { get; init; } = 0.999;

    [ConfigKey("Added to AdamW's denominator.", Min = 0, AboveMin = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [ConfigKey("Greatest global norm of the gradient; -1: no clipping.", Min = -1)]
    public double ClipGradNorm { get; init; } = 1;

    [ConfigKey("What a gradient is the mean of. token_mean: all target tokens of an update; mean: the mean of each forward pass's mean, as open-instruct has it; sum: sums of tokens, mean of passes.")]
    public LossReduction ReduceLoss { get; init; } = LossReduction.TokenMean;

    [ConfigKey("Type of parameters and activations; with bf16 the optimizer keeps fp32 masters.")]
    public Precision Dtype { get; init; } = Precision.Fp32;

    [ConfigKey("cpu, cuda or cuda:N.")]
    public string Device { get; init; } = "cpu";

    [ConfigKey("One seed for the order of the data and everything else that is random.")]
    public long Seed { get; init; } = 42;

    [ConfigKey("Updates between two lines of metrics.", Min = 1)]
    public int LoggingSteps { get; init; } = 1;

    [ConfigKey("Updates between two evaluations on the held-out records.", Min = 1)]
    public int? EvalSteps { get; init; }

    [ConfigKey("Updates between two checkpoints; a stopped run writes one by itself.", Min = 1)]
    public int? CheckpointingSteps { get; init; }

    [ConfigKey("Checkpoints to keep; -1: all.", Min = -1)]
    public int KeepLastNCheckpoints { get; init; } = 3;
}
