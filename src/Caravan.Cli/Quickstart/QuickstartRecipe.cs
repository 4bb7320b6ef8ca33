using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Models;
using Caravan.Samples;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training;
using Caravan.Training.Configuration;

namespace Caravan.Cli.Quickstart;

/// <summary>The sizes and hyper-parameters of the quickstart: a few minutes on two cores.</summary>
internal static class QuickstartRecipe
{
    public const int HeldOutPerKind = 50;
    public const int MaxAnswerTokens = 64;

    private const int TrainingExamples = 40_000;
    private const int VocabularySize = 512;
    private const int MaxSeqLength = 256;

    /// <summary>Draws the instruction set.</summary>
    public static InstructionSplit DrawInstructions(long seed) =>
        InstructionSet.Generate(seed, TrainingExamples, HeldOutPerKind);

    /// <summary>Trains the tokenizer on conversations as the chat template lays them out.</summary>
    public static Tokenizer TrainTokenizer(IEnumerable<InstructionRecord> records, CancellationToken cancellation) =>
        ByteLevelBpeTrainer.Train(
            records.Select(record => string.Concat(record.Messages.Select(message => $"<|{message.Role}|>\n{message.Content}\n"))),
            new ByteLevelBpeOptions
            {
                VocabularySize = VocabularySize,
                ModelMaxLength = MaxSeqLength,
                ChatTemplate = ChatTemplate.Tulu.JinjaSource,
            },
            cancellation);

    /// <summary>A LLaMA for this tokenizer, with random weights.</summary>
    public static LanguageModel CreateModel(Tokenizer tokenizer, long seed)
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", tokenizer.VocabularySize);
        config.Set("hidden_size", 192);
        config.Set("intermediate_size", 512);
        config.Set("num_hidden_layers", 4);
        config.Set("num_attention_heads", 6);
        config.Set("num_key_value_heads", 6);
        config.Set("max_position_embeddings", MaxSeqLength);
        config.Set("hidden_act", "silu");
        config.Set("rms_norm_eps", 1e-5);
        config.Set("rope_theta", 10_000.0);
        config.Set("initializer_range", 0.02);
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
        TrainFile = Path.GetFullPath(folder.TrainingFile),
        ValidationFile = Path.GetFullPath(folder.HeldOutFile),
        OutputDir = Path.GetFullPath(folder.Model),
        MaxSeqLength = MaxSeqLength,
        Packing = true,
        PerDeviceTrainBatchSize = 16,
        NumTrainEpochs = 1,
        MaxTrainSteps = settings.MaxSteps,
        LearningRate = 3e-3,
        LrSchedulerType = LrSchedulerType.Cosine,
        WarmupRatio = 0.05,
        AdamBeta2 = 0.95,
        WeightDecay = 0.01,
        Seed = settings.Seed,
        EvalSteps = 100,
        CheckpointingSteps = 100,
        KeepLastNCheckpoints = 1,
    };
}
