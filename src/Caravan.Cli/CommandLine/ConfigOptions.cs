using System.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Training.Configuration;

namespace Caravan.Cli.CommandLine;

/// <summary>The keys of a configuration record as options.</summary>
internal sealed class ConfigOptions
{
    private readonly IReadOnlyList<(ConfigKey Key, Option<string> Option)> _options;

    private ConfigOptions(IReadOnlyList<(ConfigKey Key, Option<string> Option)> options) => _options = options;

    public static ConfigOptions Of<T>() where T : class
    {
        var defaults = Activator.CreateInstance<T>();
        return new ConfigOptions([.. ConfigKey.Of<T>().Select(key => (key, Create(key, key.Format(defaults))))]);
    }

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options)
            command.Options.Add(option);
    }

    /// <summary>The keys that stand on the command line, with their texts.</summary>
    public IEnumerable<KeyValuePair<string, string>> Given(ParseResult parsed)
    {
        foreach (var (key, option) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
                yield return KeyValuePair.Create(key.Name, result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value);
        }
    }

    private static Option<string> Create(ConfigKey key, string? @default) => new(key.Option)
    {
        Description = @default is null ? key.Description : $"{key.Description} [default: {Readable(@default)}]",
        HelpName = Placeholder(key),
        Arity = key.IsSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    // 2E-05 is how .NET writes what everybody else writes as 2e-5.
    private static string Readable(string text) =>
        text.Contains('E') && double.TryParse(text, out var number) ? Quantity.Rate(number) : text;

    private static string Placeholder(ConfigKey key) => key.Expected switch
    {
        "true or false" => "true|false",
        var words when words.StartsWith("one of ", StringComparison.Ordinal) => words["one of ".Length..].Replace(", ", "|"),
        var words when words.StartsWith("a whole number", StringComparison.Ordinal) => "N",
        var words when words.StartsWith("a number", StringComparison.Ordinal) => "X",
        _ => "TEXT",
    };
}
