using Caravan.Text.Patterns;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>pattern</c> of a component: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternReader
{
    public static Pattern Read(JsonReader component)
    {
        var value = component.Require("pattern");
        if (value.String("String") is { } literal)
            return Pattern.Literal(literal);
        if (value.String("Regex") is not { } source)
            throw value.Bad("expected {\"String\": …} or {\"Regex\": …}");
        try
        {
            return Pattern.Parse(source);
        }
        catch (PatternSyntaxException exception)
        {
            throw value.Bad($"the pattern \"{source}\" cannot be used: {exception.Message}");
        }
    }
}
