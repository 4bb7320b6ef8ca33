using Caravan.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Caravan.Training.Configuration;

/// <summary>
/// Reads a configuration record from a YAML file and command-line options, which win. Every problem is found in one
/// pass: unknown keys with the nearest known one, wrong types, values out of range, missing keys, each with
/// file:line:column or the option's name.
/// </summary>
public static class ConfigurationReader
{
    /// <param name="path">A YAML file with one mapping of keys to plain values, or null.</param>
    /// <param name="options">Keys (snake_case) and texts from the command line.</param>
    /// <exception cref="ConfigurationException">Anything is wrong; lists all of it.</exception>
    public static T Read<T>(string? path, IEnumerable<KeyValuePair<string, string>> options) where T : class
    {
        var keys = ConfigKey.Of<T>().ToDictionary(key => key.Name);
        // Required properties are checked below, with all the other problems.
        var configuration = Activator.CreateInstance<T>();
        var given = new HashSet<string>();
        var fileProblems = path is null ? [] : ReadFile(path, keys, configuration, given);
        var optionProblems = new List<string>();
        foreach (var (name, text) in options)
        {
            given.Add(name);
            if (keys[name].TrySet(configuration, text) is { } problem)
                optionProblems.Add($"{keys[name].Option}: {problem}");
        }
        foreach (var key in keys.Values.Where(key => key.IsRequired && !given.Contains(key.Name)))
            optionProblems.Add($"{key.Name} is missing: give it in the configuration file or as {key.Option}");
        List<string> problems = [.. fileProblems, .. optionProblems];
        if (problems.Count > 0)
            throw new ConfigurationException(problems, isUsage: fileProblems.Count == 0);
        return configuration;
    }

    private static List<string> ReadFile(
        string path, Dictionary<string, ConfigKey> keys, object configuration, HashSet<string> given)
    {
        var problems = new List<string>();
        foreach (var (key, value) in ReadMapping(path))
        {
            var place = $"{path}:{key.Start.Line}:{key.Start.Column}";
            var name = ((YamlScalarNode)key).Value ?? "";
            given.Add(name);
            if (!keys.TryGetValue(name, out var known))
                problems.Add($"{place}: unknown key '{name}'{Suggestion(name, keys.Keys)}");
            else if (value is not YamlScalarNode scalar)
                problems.Add($"{path}:{value.Start.Line}:{value.Start.Column}: {name} holds a list or a mapping, expected {known.Expected}");
            else if (!IsNull(scalar) && known.TrySet(configuration, scalar.Value ?? "") is { } problem)
                problems.Add($"{path}:{value.Start.Line}:{value.Start.Column}: {problem}");
        }
        return problems;
    }

    private static YamlMappingNode ReadMapping(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (YamlException error)
        {
            throw new BadInputException(
                $"{path}:{error.Start.Line}:{error.Start.Column}: this is not valid YAML: {error.Message}", error);
        }
        // What YamlDotNet's scanner throws on some unfinished lists, without a place.
        catch (InvalidOperationException error)
        {
            throw new BadInputException($"{path}: this is not valid YAML: a list or a mapping is not closed.", error);
        }
        if (stream.Documents.Count == 0)
            return [];
        return stream.Documents[0].RootNode is YamlMappingNode mapping && mapping.Children.Keys.All(key => key is YamlScalarNode)
            ? mapping
            : throw new BadInputException($"{path}: expected one mapping of keys to values, such as 'learning_rate: 2e-5'");
    }

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private static string Suggestion(string name, IEnumerable<string> known) =>
        Spelling.Nearest(name, known) is { } nearest ? $"; did you mean {nearest}?" : "";
}
