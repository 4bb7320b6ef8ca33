namespace Caravan.Text.Jinja;

/// <summary>Whether a body ran to its end or told the loop around it what to do.</summary>
internal enum JinjaLoopControl
{
    None,
    Continue,
    Break,
}
