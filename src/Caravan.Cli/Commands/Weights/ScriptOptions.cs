namespace Caravan.Cli.Commands.Weights;

/// <summary>Options of the original scripts that the commands have no use for, and what stands for them.</summary>
internal static class ScriptOptions
{
    private const string Safetensors = "safetensors are the default, and --format bin writes PyTorch's files";

    /// <summary>Of the conversion of Meta's files.</summary>
    public static Dictionary<string, string> Convert { get; } = new()
    {
        ["--input-dir"] = "the folder to read is the first word after the command",
        ["--output-dir"] = "the folder to write is the second word after the command",
        ["--model-size"] = "sizes are read from params.json",
        ["--llama-version"] = "the version follows from params.json and the tokenizer",
        ["--num-shards"] = "the consolidated files are counted",
        ["--safe-serialization"] = Safetensors,
    };

    /// <summary>Of DeepSpeed's <c>zero_to_fp32.py</c>.</summary>
    public static Dictionary<string, string> Consolidate { get; } = new()
    {
        ["--safe-serialization"] = Safetensors,
        ["--debug"] = "errors say where they are without it",
        ["-d"] = "errors say where they are without it",
    };

    /// <summary>Of <c>weight_diff.py</c>.</summary>
    public static Dictionary<string, string> Diff { get; } = new()
    {
        ["--device"] = "the numbers are always computed on the CPU, as with --device cpu",
    };

    /// <summary>Of <c>merge_lora.py</c>.</summary>
    public static Dictionary<string, string> MergeLora { get; } = new()
    {
        ["--save-tokenizer"] = "the tokenizer is always saved with the model",
        ["--use-fast-tokenizer"] = "there is one tokenizer, and its files are copied",
        ["--config-file"] = "the folders are given as options",
        ["--push-to-hub"] = "nothing is uploaded; upload the folder yourself",
        ["--seed"] = "nothing is random",
    };
}
