using System.Text.RegularExpressions;

namespace Caravan.Data.Filters;

/// <summary>
/// Open-instruct's later filter against answers that speak of other makers' models: a record goes if an answer has one
/// of 18 names as a whole word, in any case. Unlike <see cref="EntityFilter"/> it leaves questions alone.
/// </summary>
public static partial class KeywordFilter
{
    /// <summary>True if some answer has one of the names.</summary>
    public static bool Rejects(InstructionRecord record) =>
        record.Messages.Any(message => message.Role == "assistant" && Names().IsMatch(message.Content));

    [GeneratedRegex(
        @"\b(?:openai|open ai|chatgpt|chat gpt|gpt-3|gpt3|gpt 3|gpt-4|gpt4|gpt 4|gpt-3\.5|gpt3\.5|gpt 3\.5|" +
        @"bingchat|bing chat|laion|open assistant|openassistant)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
