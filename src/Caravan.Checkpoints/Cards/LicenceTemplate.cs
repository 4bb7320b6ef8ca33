using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>A licence text with the literal <c>&lt;MODELNAME&gt;</c> where the model's name belongs.</summary>
public static partial class LicenceTemplate
{
    public const string Placeholder = "<MODELNAME>";

    /// <summary>For who has no licence text of his own: it grants nothing, and says whose terms hold.</summary>
    public const string Generic = """
        Licence notice for <MODELNAME>

        1. <MODELNAME> was made by training another model, its base, on data of several sources. Its card, README.md,
           names both.
        2. You may use, copy and change the weights of <MODELNAME> as far as the licence of the base and the terms of
           the training data allow it; where they differ, the strictest holds. The licence of the base comes with
           these weights, or is to be had from its authors.
        3. Whoever passes on <MODELNAME>, or a model made from it, passes on this notice and the licence of the base.
        4. <MODELNAME> is given as it is, without warranty of any kind. Its answers can be wrong, harmful or unlawful;
           whoever uses them is responsible for the use.

        """;

    /// <summary>Puts the name in.</summary>
    /// <param name="origin">Where the text is from, for errors.</param>
    /// <returns>The text, and how many places were filled.</returns>
    /// <exception cref="BadInputException">A placeholder in another spelling would remain.</exception>
    public static (string Text, int Filled) Fill(string origin, string template, string modelName)
    {
        var filled = template.Split(Placeholder).Length - 1;
        var text = template.Replace(Placeholder, modelName, StringComparison.Ordinal);
        if (OtherSpelling().Match(text) is { Success: true } other)
        {
            var line = text.AsSpan(0, other.Index).Count('\n') + 1;
            throw new BadInputException(
                $"{origin}:{line}: '{other.Value}' is not filled in: the placeholder is spelt {Placeholder}.");
        }
        return (text, filled);
    }

    [GeneratedRegex(@"[<\[{]{1,2}\s*MODEL[ _-]?NAME\s*[>\]}]{1,2}", RegexOptions.IgnoreCase)]
    private static partial Regex OtherSpelling();
}
