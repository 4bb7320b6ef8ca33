using Caravan.Checkpoints;

namespace Caravan.Models.Architectures;

/// <summary>Makes a model of one architecture.</summary>
internal delegate LanguageModel ModelFactory(ModelConfigFile config, IParameterSource source, ModelHead head);

/// <summary>The architectures, by the <c>model_type</c> of their configuration.</summary>
/// <param name="ClassPrefix">How Hugging Face's classes begin: <c>Llama</c> in <c>LlamaForCausalLM</c>.</param>
/// <param name="BasePrefix">What the names of all tensors but the head's begin with. Files that were saved from a model
/// without its head lack it.</param>
internal sealed record Architecture(string ClassPrefix, string BasePrefix, ModelFactory Create)
{
    // Adding an architecture: its files in this folder, one line here. See docs/adding-an-architecture.md.
    internal static SortedDictionary<string, Architecture> All { get; } = new(StringComparer.Ordinal)
    {
        ["gpt2"] = new("GPT2", "transformer.", (config, source, head) => new Gpt2Model(config, source, head)),
        ["gpt_neox"] = new("GPTNeoX", "gpt_neox.", (config, source, head) => new GptNeoXModel(config, source, head)),
        ["llama"] = new("Llama", "model.", (config, source, head) => new LlamaModel(config, source, head)),
        ["mistral"] = new("Mistral", "model.", (config, source, head) => new MistralModel(config, source, head)),
        ["olmo"] = new("Olmo", "model.", (config, source, head) => new OlmoModel(config, source, head)),
        ["olmo2"] = new("Olmo2", "model.", (config, source, head) => new Olmo2Model(config, source, head)),
        ["opt"] = new("OPT", "model.", (config, source, head) => new OptModel(config, source, head)),
        ["qwen2"] = new("Qwen2", "model.", (config, source, head) => new Qwen2Model(config, source, head)),
    };

    /// <summary>The architecture of a configuration.</summary>
    /// <exception cref="Caravan.Files.BadInputException">It is none of these.</exception>
    internal static Architecture Of(ModelConfigFile config)
    {
        if (config.ModelType == "hf_olmo" || config.Architecture == "OLMoForCausalLM")
        {
            throw config.Bad(
                "model_type",
                "\"olmo\": this is OLMo's own format; take the conversion of it whose name ends with '-hf'");
        }
        return All.TryGetValue(config.ModelType, out var architecture)
            ? architecture
            : throw config.Bad("model_type", $"a supported architecture: {string.Join(", ", All.Keys)}");
    }
}
