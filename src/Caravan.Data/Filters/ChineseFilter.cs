namespace Caravan.Data.Filters;

/// <summary>
/// Rejects records whose last answer is Chinese in part, as open-instruct's clean-up does: at least one character in
/// twenty is a Chinese one (U+4E00 to U+9FFF).
/// </summary>
public static class ChineseFilter
{
    private const double Share = 0.05;

    /// <summary>True if the last answer is.</summary>
    public static bool Rejects(InstructionRecord record)
    {
        var answer = record.Messages.LastOrDefault(message => message.Role == "assistant")?.Content ?? "";
        var chinese = answer.Count(character => character is >= '\u4E00' and <= '\u9FFF');
        return chinese > 0 && chinese >= Share * CharactersOf(answer);
    }

    // A character outside of the basic plane is two in memory and one to count.
    private static int CharactersOf(string text) => text.Count(character => !char.IsLowSurrogate(character));
}
