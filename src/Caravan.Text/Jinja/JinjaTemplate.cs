namespace Caravan.Text.Jinja;

/// <summary>
/// A chat template in Jinja, with the settings that transformers renders chat templates with. Sandboxed: a template
/// sees the values it is given and nothing else, and cannot run long or make endless text.
/// </summary>
public sealed class JinjaTemplate
{
    private const int MaxSourceLength = 1_000_000;

    private readonly Statement[] _body;

    private JinjaTemplate(Statement[] body) => _body = body;

    /// <exception cref="JinjaException">The source is no template; the message names the line.</exception>
    public static JinjaTemplate Parse(string source) => source.Length <= MaxSourceLength
        ? new JinjaTemplate(JinjaParser.Parse(source))
        : throw new JinjaException(
            $"{source.Length} characters are more than the {MaxSourceLength} that are accepted.");

    /// <summary>Renders the template.</summary>
    /// <param name="variables">
    /// Strings, numbers, booleans, null, <see cref="ChatMessage"/>, JSON elements, and lists and dictionaries of these.
    /// </param>
    /// <param name="time">What <c>strftime_now</c> reads; the system's clock if null.</param>
    /// <returns>The text, and as loss spans what stood in <c>generation</c> blocks.</returns>
    /// <exception cref="JinjaException">The template fails, refuses the input or takes too long.</exception>
    public RenderedChat Render(IReadOnlyDictionary<string, object?> variables, TimeProvider? time = null) =>
        JinjaInterpreter.Render(_body, variables, time ?? TimeProvider.System);
}
