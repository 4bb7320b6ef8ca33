using System.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Training.Configuration;

namespace Caravan.Cli.CommandLine;

/// <summary>The keys of a configuration record as options. What open-instruct's scripts write is understood too: keys
/// with underscores, their other names, and keys that have no meaning here; help pages do not show these.</summary>
internal sealed class ConfigOptions
{
    private readonly List<(string Key, Option Option)> _options = [];

    public static ConfigOptions Of<T>(IEnumerable<ForeignKey> foreign) where T : class
    {
        var options = new ConfigOptions();
        var defaults = Activator.CreateInstance<T>();
        foreach (var key in ConfigKey.Of<T>())
        {
            options.Add(key.Name, Create(key, key.Option, key.Format(defaults)));
            foreach (var name in key.Aliases.Append(key.Name).SelectMany(Spellings).Where(name => name != key.Option))
                options.Add(key.Name, Hide(Create(key, name, null)));
        }
        foreach (var key in foreign)
        {
            foreach (var name in Spellings(key.Name))
                options.Add(key.Name, Hide(CreateForeign(name)));
        }
        return options;
    }

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options)
            command.Options.Add(option);
    }

    /// <summary>The keys that stand on the command line, with their texts; a list's once for each of its
    /// words.</summary>
    public IEnumerable<KeyValuePair<string, string>> Given(ParseResult parsed)
    {
        foreach (var (key, option) in _options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result)
                continue;
            foreach (var text in result.Tokens.Select(token => token.Value).DefaultIfEmpty("true"))
                yield return KeyValuePair.Create(key, text);
        }
    }

    private void Add(string key, Option option) => _options.Add((key, option));

    private static IEnumerable<string> Spellings(string name) =>
        new[] { ConfigKey.OptionOf(name), "--" + name }.Distinct();

    private static Option Hide(Option option)
    {
        option.Hidden = true;
        return option;
    }

    private static Option<string[]> CreateForeign(string name) => new(name)
    {
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private static Option Create(ConfigKey key, string name, string? @default)
    {
        Option option = key.IsList
            ? new Option<string[]>(name) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true }
            : new Option<string>(name) { Arity = key.IsSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
        option.Description = @default is null ? key.Description : $"{key.Description} [default: {Readable(@default)}]";
        option.HelpName = Placeholder(key);
        return option;
    }

    // 2E-05 is how .NET writes what everybody else writes as 2e-5.
    private static string Readable(string text) =>
        text.Contains('E') && double.TryParse(text, out var number) ? Quantity.Rate(number) : text;

    private static string Placeholder(ConfigKey key) => key.Expected switch
    {
        _ when key.Words.Count > 0 => string.Join('|', key.Words),
        "true or false" => "true|false",
        "a list" => "TEXT …",
        var words when words.EndsWith("or epoch", StringComparison.Ordinal) => "N|epoch",
        var words when words.StartsWith("a whole number", StringComparison.Ordinal) => "N",
        var words when words.StartsWith("a number", StringComparison.Ordinal) => "X",
        _ => "TEXT",
    };
}
