using System.Net;
using System.Text;

namespace Caravan.Training.Report;

/// <summary>Text from outside, made safe to stand in HTML.</summary>
internal static class Html
{
    /// <summary>Escapes markup and quotes; characters that HTML does not allow become U+FFFD.</summary>
    public static string Escape(string text)
    {
        var allowed = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isForbidden = Rune.IsControl(rune) && rune.Value is not ('\n' or '\t');
            allowed.Append(isForbidden ? Rune.ReplacementChar : rune);
        }
        return WebUtility.HtmlEncode(allowed.ToString());
    }
}
