using Caravan.Files;

namespace Caravan.Text.Jinja;

/// <summary>A chat template is wrong, asks for something unknown, refuses its input, or does not end.</summary>
public sealed class JinjaException : BadInputException
{
    internal JinjaException(string message, int line = 0)
        : base(line > 0 ? $"Chat template, line {line}: {message}" : $"Chat template: {message}")
    {
    }
}
