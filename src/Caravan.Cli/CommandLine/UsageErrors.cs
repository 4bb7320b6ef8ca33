using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Caravan.Cli.Terminals;
using Caravan.Files;

namespace Caravan.Cli.CommandLine;

/// <summary>Says what is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>
    /// Prints every error, with a hint where to read on. False, and nothing printed, if there is none.
    /// </summary>
    public static bool Print(ParseResult parsed, Terminal terminal)
    {
        if (parsed.Action is HelpPage || (parsed.Action is not ParseErrorAction && UnknownWords(parsed).Count == 0))
            return false;
        foreach (var message in Describe(parsed).Distinct())
            terminal.WriteError(message);
        terminal.Error.WriteLine($"Run '{FullName(parsed.CommandResult)} --help' to see what it takes.");
        return true;
    }

    private static IEnumerable<string> Describe(ParseResult parsed)
    {
        // What else is wrong may well follow from a misspelt word, so that is all we speak of.
        if (UnknownWords(parsed).Count > 0)
            return DescribeUnknown(parsed);
        if (parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 })
            return [$"a command is missing after '{FullName(parsed.CommandResult)}': {SubcommandNames(parsed)}."];
        return parsed.Errors.Select(error => error.Message);
    }

    private static IEnumerable<string> DescribeUnknown(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = FullName(parsed.CommandResult);
        var words = UnknownWords(parsed);
        foreach (var word in words.TakeWhile(word => !IsOption(word)))
        {
            if (command.Subcommands.Count > 0)
            {
                yield return $"'{name}' has no command '{word}'.{Suggest(word, command.Subcommands.Select(c => c.Name))}"
                    + $" There are: {SubcommandNames(parsed)}.";
                yield break;
            }
            yield return $"'{name}' cannot use the word '{word}'. Put a value that has spaces in quotes.";
        }
        // Other words behind an option that nobody knows may be its values.
        foreach (var option in words.Where(IsOption).Select(word => word.Split('=', ':')[0]))
        {
            yield return $"'{name}' has no option '{option}'" + (InPlaceOf(option, command) is { } instead
                ? $": {instead}."
                : $".{Suggest(option, OptionNames(parsed.CommandResult))}");
        }
    }

    // A number below zero is a value.
    private static bool IsOption(string word) =>
        word.StartsWith('-') && !(word.Length > 1 && char.IsAsciiDigit(word[1]));

    // An option that nobody knows may have been taken for an argument; a file of such a name can be given as ./-name.
    private static List<string> UnknownWords(ParseResult parsed) =>
    [
        .. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).Where(word => word.StartsWith('-')),
        .. parsed.UnmatchedTokens,
    ];

    private static string? InPlaceOf(string option, Command command) =>
        (command as DocumentedCommand)?.ScriptOptions.GetValueOrDefault(option.Replace('_', '-'));

    private static string Suggest(string word, IEnumerable<string> candidates) =>
        Spelling.Nearest(word, candidates) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static string SubcommandNames(ParseResult parsed) =>
        string.Join(", ", parsed.CommandResult.Command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));

    private static IEnumerable<string> OptionNames(CommandResult result)
    {
        for (var command = result; command is not null; command = command.Parent as CommandResult)
        {
            foreach (var option in command.Command.Options)
            {
                if (!option.Hidden && (command == result || option.Recursive))
                    yield return option.Name;
            }
        }
    }

    private static string FullName(CommandResult result) => result.Parent is CommandResult parent
        ? $"{FullName(parent)} {result.Command.Name}"
        : CaravanName;

    private const string CaravanName = "caravan";
}
