using System.Text.RegularExpressions;

namespace Caravan.Data.Filters;

/// <summary>
/// Rejects records in which somebody speaks of the day where a model's knowledge ends, as open-instruct's clean-up
/// does: "as of my last update in", "knowledge cutoff" or "last updated in" with a year behind it, and a month perhaps.
/// </summary>
public static partial class KnowledgeCutoffFilter
{
    /// <summary>True if some message does.</summary>
    public static bool Rejects(InstructionRecord record) =>
        record.Messages.Any(message => Dated().IsMatch(message.Content));

    [GeneratedRegex(
        @"(?:as (?:of )?(?:my )?(?:last|latest) (?:update|knowledge) (?:was )?in|knowledge cutoff|last updated? in)" +
        @"\s+(?:(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+)?\d{4}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Dated();
}
