using Caravan.Checkpoints;
using Caravan.Cli.Answers;
using Caravan.Cli.Terminals;
using Caravan.Generation;
using Caravan.Models;

namespace Caravan.Cli.Commands.Weights;

/// <summary>
/// Asks a model one question, as the original recovery scripts do when asked to: the same prompt, with the line ends of
/// theirs; the model's own way of decoding; 100 new tokens.
/// </summary>
internal static class TestInference
{
    private const string Prompt =
        "Below is an instruction that describes a task. Write a response that appropriately completes the request." +
        "\r\n\r\n### Instruction:\r\nList three technologies that make life easier.\r\n\r\n### Response:";

    private const int NewTokens = 100;

    /// <summary>Prints the header, the prompt and what the model says.</summary>
    public static void Run(CommandContext context, string header, string directory)
    {
        using var loaded = LoadedModel.Load(directory, new LoadOptions());
        var prompt = loaded.Tokenizer.Encode(Prompt);
        var settings = DefaultDecoding(directory) with { MaxNewTokens = NewTokens, StopTokenIds = loaded.StopTokenIds };
        var answer = new Generator(loaded.Model).Generate([prompt], settings, cancellation: context.Stop.Token)[0];
        // The decoded whole without as many characters as the prompt has, even where decoding changes the prompt.
        var text = loaded.Tokenizer.Decode([.. prompt, .. answer.TokenIds]);
        var completion = text[Math.Min(Prompt.Length, text.Length)..];
        var output = context.Terminal.Out;
        output.WriteLine(header);
        output.WriteLine($"Input: {Prompt}");
        if (context.Terminal.OutIsTerminal)
            completion = UntrustedText.Harmless(completion);
        output.WriteLine($"Completion: {completion}");
    }

    // As transformers reads generation_config.json: greedy unless do_sample, and then among the best 50 unless told.
    private static GenerationSettings DefaultDecoding(string directory)
    {
        var config = GenerationConfigFile.Find(directory);
        return config?.GetBool("do_sample", false) != true
            ? new GenerationSettings { Temperature = 0 }
            : new GenerationSettings
            {
                Temperature = config.GetDouble("temperature", 1),
                TopK = config.GetInt("top_k", 50),
                TopP = config.GetDouble("top_p", 1),
            };
    }
}
