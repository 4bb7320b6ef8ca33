using Caravan.Training.Configuration;

namespace Caravan.Training;

/// <summary>A supervised finetuning run.</summary>
public sealed record SftConfig : TrainingConfig
{
    [ConfigKey(
        "Training records: .jsonl or .json files of messages, instruction/input/output or prompt/completion " +
        "records; a folder stands for the data files in it.", Aliases = ["dataset_name"])]
    public IReadOnlyList<string> TrainFile { get; init; } = [];

    [ConfigKey(
        "Instead of train_file: files and how much of each. A count (500), a proportion (0.5, 2.0) or all; in a " +
        "file a mapping, on the command line names and amounts in turn.", Aliases = ["dataset_mixer_list"])]
    public IReadOnlyList<string> DatasetMixer { get; init; } = [];

    [ConfigKey(
        "Held-out records, in the same formats; the loss on them is reported before, during and after training.")]
    public string? ValidationFile { get; init; }

    [ConfigKey(
        "Training records to hold out where there is no validation_file: a share below 1, or a number of " +
        "records.", Min = 0)]
    public double ValidationSplit { get; init; }

    [ConfigKey("Held-out prompts that the model answers at every evaluation, for report.html and samples.jsonl.",
        Min = 0)]
    public int EvalSamples { get; init; } = 3;

    [ConfigKey("Layout of a conversation as text; tokenizer: the one in the tokenizer's own files.",
        Words = ["tulu", "openalpaca-v1", "openalpaca-v2", "alpaca", "vicuna", "llama-2-chat", "llama-3", "chatml",
        "zephyr", "prompt-completion", "tokenizer"])]
    public string ChatTemplateName { get; init; } = "tulu";

    [ConfigKey("Begin every conversation with the tokenizer's bos token, which OLMo's does not do by itself.")]
    public bool AddBos { get; init; }

    [ConfigKey("Use only the first so many training records.", Min = 1)]
    public int? MaxTrainSamples { get; init; }

    [ConfigKey(
        "Fill rows of max_seq_length with whole records instead of one record a row. Records never see each " +
        "other.")]
    public bool Packing { get; init; }

    [ConfigKey(
        "What a gradient is the mean of. token_mean: all target tokens of an update; mean: the mean of each " +
        "forward pass's mean, as open-instruct has it; sum: sums of tokens, mean of passes.")]
    public LossReduction ReduceLoss { get; init; } = LossReduction.TokenMean;

    [ConfigKey(
        "Add uniform noise to the embeddings, scaled by this over the root of tokens times width (NEFTune, " +
        "arXiv:2310.05914).", Min = 0, AboveMin = true)]
    public double? NeftuneNoiseAlpha { get; init; }

    [ConfigKey(
        "What to do about records that the checks before the run object to: answers without an end to learn, " +
        "doubled beginnings, prompts that differ at generation.")]
    public PreflightGate Preflight { get; init; } = PreflightGate.Fatal;

    [ConfigKey("Stop after so many evaluations in which the held-out loss did not fall.", Min = 1)]
    public int? EarlyStoppingPatience { get; init; }

    [ConfigKey(
        "Skip an update whose loss is more than so many times the mean of the last ones, like one that is not a " +
        "number.", Min = 1, AboveMin = true)]
    public double? LossSpikeFactor { get; init; }

    [ConfigKey("Where tokenised files are kept for the next run. Default: caravan/tokens in the user's cache folder.",
        IsFree = true)]
    public string? DatasetLocalCacheDir { get; init; }

    [ConfigKey("Tokenise again what the cache holds.", IsFree = true)]
    public bool OverwriteCache { get; init; }
}
