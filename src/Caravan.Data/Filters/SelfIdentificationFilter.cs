using System.Text.RegularExpressions;

namespace Caravan.Data.Filters;

/// <summary>
/// Rejects records in which a model says that it is somebody else's, or speaks of its maker's policies, as
/// open-instruct's clean-up does: sentences of certain forms around one of 15 names, in any case. A sentence must come
/// to its end, with a full stop, question mark or exclamation mark at most a hundred characters behind the name.
/// </summary>
public static partial class SelfIdentificationFilter
{
    private const string Maker =
        "(?:OpenAI|Open AI|Claude|Gemini|Qwen|DeepSeek|Anthropic|Meta AI|Meta's|ChatGPT|Cohere|Mistral AI|Mistral's|" +
        "xAI|Perplexity)";

    private const string Within = "[^.!?]{0,100}";

    private const string Ending = Within + "[.!?]";

    private const string Making = "(?:trained|developed|created|made)";

    private const string AssistantBy = @"an?\s+AI\s+(?:assistant|model)" + Within + Making + @"\s+by\s+" + Maker +
        @"\b" + Ending;

    private const string Model = @"(?:language\s+model|AI\s+model|assistant|chatbot|model)";

    private const string Rules = "(?:policy|policies|guidelines|terms";

    /// <summary>True if some answer has such a sentence.</summary>
    public static bool Rejects(InstructionRecord record) =>
        record.Messages.Any(message => message.Role == "assistant" && Sentence().IsMatch(message.Content));

    /// <summary>True if some answer or question has.</summary>
    public static bool RejectsQuestionsToo(InstructionRecord record) => record.Messages.Any(
        message => message.Role is "assistant" or "user" && Sentence().IsMatch(message.Content));

    [GeneratedRegex(
        @"\bI'?m\s+" + Maker + @",?\s+" + AssistantBy +
        @"|\b" + Maker + @"\s+is\s+" + AssistantBy +
        @"|\bas\s+an?\s+" + Model + Within + @"\b" + Maker + @"\b" + Ending +
        @"|\bI\s+am\s+(?:a\s+)?" + Model + Within + @"\b" + Maker + @"\b" + Ending +
        @"|\b(?:I'?m|I\s+am(?:\s+called)?)\s+" + Maker + @"\b" + Ending +
        @"|\b" + Making + @"\s+by\s+" + Within + @"\b" + Maker + @"\b" + Ending +
        @"|\bagainst\s+" + Maker + @"(?:'s)?\s+(?:use-case\s+)?" + Rules + ")" + Ending +
        @"|\b" + Maker + @"'s\s+" + Rules + "|use-case)" + Ending +
        @"|\b(?:DeepSeek|Qwen|Alibaba\s+Cloud)\b" + Ending,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sentence();
}
