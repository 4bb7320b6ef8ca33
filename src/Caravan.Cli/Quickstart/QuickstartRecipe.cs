using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Models;
using Caravan.Samples;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training;
using Caravan.Training.Configuration;

namespace Caravan.Cli.Quickstart;

/// <summary>The sizes and hyper-parameters of the quickstart, found by trying: under four minutes on two cores. Every
/// example is seen once, because a model this small otherwise learns the examples by heart.</summary>
internal static class QuickstartRecipe
{
    public const int MaxAnswerTokens = 64;

    public const int MaxSeqLength = 128;

    private const int TrainingExamples = 190_000, HeldOutPerKind = 50;
    private const int FewTrainingExamples = 1_200, FewHeldOutPerKind = 4;
    private const int VocabularySize = 512;

    /// <summary>Draws the instruction set; a small one for a training that is cut short.</summary>
    public static InstructionSplit DrawInstructions(QuickstartSettings settings) => settings.MaxSteps is null
        ? InstructionSet.Generate(settings.Seed, TrainingExamples, HeldOutPerKind)
        : InstructionSet.Generate(settings.Seed, FewTrainingExamples, FewHeldOutPerKind);

    /// <summary>Trains the tokenizer on conversations as the chat template lays them out.</summary>
    public static Tokenizer TrainTokenizer(IEnumerable<InstructionRecord> records, CancellationToken cancellation) =>
        ByteLevelBpeTrainer.Train(
            records.Select(record =>
                string.Concat(record.Messages.Select(message => $"<|{message.Role}|>\n{message.Content}\n"))),
            new ByteLevelBpeOptions
            {
                VocabularySize = VocabularySize,
                // As pieces of their own the headers of the turns take one token instead of four or five.
                AdditionalSpecialTokens = ["<|user|>", "<|assistant|>", "<|system|>"],
                ModelMaxLength = MaxSeqLength,
                ChatTemplate = ChatTemplate.Tulu.JinjaSource,
            },
            cancellation);

    /// <summary>A LLaMA for this tokenizer, with random weights.</summary>
    public static LanguageModel CreateModel(Tokenizer tokenizer, long seed)
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", tokenizer.VocabularySize);
        config.Set("hidden_size", 128);
        config.Set("intermediate_size", 320);
        config.Set("num_hidden_layers", 4);
        config.Set("num_attention_heads", 4);
        config.Set("num_key_value_heads", 4);
        config.Set("max_position_embeddings", MaxSeqLength);
        config.Set("hidden_act", "silu");
        config.Set("rms_norm_eps", 1e-5);
        config.Set("rope_theta", 1_000.0);
        config.Set("initializer_range", 0.06);
        config.Set("tie_word_embeddings", true);
        config.Set("bos_token_id", tokenizer.BosTokenId!.Value);
        config.Set("eos_token_id", tokenizer.EosTokenId!.Value);
        config.Set("pad_token_id", tokenizer.PadTokenId!.Value);
        using var generator = new RandomGenerator(seed);
        return ModelFolder.Create(config, generator);
    }

    /// <summary>The training run. Paths are absolute, so that the run goes on from any working directory.</summary>
    public static SftConfig Training(QuickstartFolder folder, QuickstartSettings settings) => new()
    {
        ModelNameOrPath = Path.GetFullPath(folder.Base),
        TrainFile = [Path.GetFullPath(folder.TrainingFile)],
        ValidationFile = Path.GetFullPath(folder.HeldOutFile),
        OutputDir = Path.GetFullPath(folder.Model),
        DatasetLocalCacheDir = Path.GetFullPath(folder.Tokens),
        EvalSamples = 0,
        MaxSeqLength = MaxSeqLength,
        Packing = true,
        PerDeviceTrainBatchSize = 8,
        NumTrainEpochs = 1,
        MaxTrainSteps = settings.MaxSteps,
        LearningRate = 4e-3,
        LrSchedulerType = LrSchedulerType.Linear,
        WarmupRatio = 0.05,
        AdamBeta2 = 0.98,
        WeightDecay = 0.1,
        // Twice as fast as fp32 where the processor multiplies bf16, and no less accurate here: masters are fp32.
        Dtype = CpuFeatures.MultipliesBFloat16 ? Precision.Bf16 : Precision.Fp32,
        Seed = settings.Seed,
        EvalSteps = 1000,
        CheckpointingSteps = new Interval(500),
        KeepLastNCheckpoints = 1,
    };
}
