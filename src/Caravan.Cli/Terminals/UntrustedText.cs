using System.Text;

namespace Caravan.Cli.Terminals;

/// <summary>What a model or a file says, on its way to a terminal.</summary>
internal static class UntrustedText
{
    /// <summary>Control characters, which could move the cursor or rename the window, become U+FFFD; line feeds and
    /// tabs stay.</summary>
    public static string Harmless(string text)
    {
        if (!text.Any(IsHarmful))
            return text;
        var harmless = new StringBuilder(text.Length);
        foreach (var character in text)
            harmless.Append(IsHarmful(character) ? '\ufffd' : character);
        return harmless.ToString();
    }

    private static bool IsHarmful(char character) => char.IsControl(character) && character is not ('\n' or '\t');
}
