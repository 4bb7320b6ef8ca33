using Caravan.Training;
using Caravan.Training.Configuration;

namespace Caravan.TrainingBenchmarks;

/// <summary>A training run whose memory is planned and measured, in words: SIZE METHOD PRECISION [OPTION…].</summary>
internal sealed record MemoryCase(ModelSize Size, string Method, string Type, IReadOnlyList<string> Options)
{
    /// <summary>What <c>docs/adapters.md</c> has in its table.</summary>
    internal static IEnumerable<MemoryCase> All =>
        from size in ModelSize.All.Skip(1)
        from words in new[]
        {
            "full bf16", "full bf16 checkpointing", "full bf16 passes", "full bf16 8bit", "full fp32", "lora bf16",
            "lora bf16 checkpointing", "lora fp32", "qlora bf16", "qlora bf16 checkpointing",
        }
        select Parse([size.Name, .. words.Split(' ')]);

    internal string[] Words => [Size.Name, Method, Type, .. Options];

    /// <exception cref="InvalidOperationException">There is no such size.</exception>
    internal static MemoryCase Parse(string[] words) => new(ModelSize.Of(words[0]), words[1], words[2], words[3..]);

    internal SftConfig Config(string folder) => new()
    {
        ModelNameOrPath = folder,
        OutputDir = folder,
        Dtype = Type == "bf16" ? Precision.Bf16 : Precision.Fp32,
        UseLora = Method == "lora",
        UseQlora = Method == "qlora",
        GradientCheckpointing = Options.Contains("checkpointing"),
        GradientAccumulationSteps = Options.Contains("passes") ? 4 : 1,
        EightBitOptimizer = Options.Contains("8bit"),
    };
}
