namespace Caravan.Text.Jinja;

internal enum JinjaTokenKind
{
    /// <summary>Text between the tags.</summary>
    Text,
    BlockStart,
    BlockEnd,
    PrintStart,
    PrintEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line)
{
    public bool Is(JinjaTokenKind kind, string text) => Kind == kind && Text == text;

    public override string ToString() => Kind == JinjaTokenKind.End ? "the end of the template" : $"\"{Text}\"";
}
