using System.Text.RegularExpressions;

namespace Caravan.Data.Tests;

/// <summary>Samples of JSON that tests write over several lines and need in one.</summary>
internal static partial class JsonSamples
{
    /// <summary>The text with its line breaks and what they are indented by as one blank each.</summary>
    public static string OneLine(this string json) => Breaks().Replace(json, " ");

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Breaks();
}
