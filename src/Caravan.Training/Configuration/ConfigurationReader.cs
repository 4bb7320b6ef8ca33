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
    /// <param name="path">A YAML file with one mapping of keys to values, or null.</param>
    /// <param name="options">Keys (snake_case) and texts from the command line.</param>
    /// <param name="foreign">Keys that have no meaning here; see <see cref="ForeignKey"/>.</param>
    /// <exception cref="ConfigurationException">Anything is wrong; lists all of it.</exception>
    public static T Read<T>(
        string? path, IEnumerable<KeyValuePair<string, string>> options, ForeignKeys? foreign = null) where T : class =>
        Assemble<T>(reading =>
        {
            if (path is not null)
                reading.Add(path, YamlFile.ReadMapping(path));
        }, options, foreign);

    /// <summary>As <see cref="Read"/>, with another program's configuration in the place of the file.</summary>
    /// <exception cref="ConfigurationException">Anything is wrong; lists all of it.</exception>
    public static T ReadConverted<T>(
        ConvertedConfiguration converted, IEnumerable<KeyValuePair<string, string>> options,
        ForeignKeys? foreign = null) where T : class =>
        Assemble<T>(reading => reading.Add(converted), options, foreign);

    private static T Assemble<T>(
        Action<Reading> addFile, IEnumerable<KeyValuePair<string, string>> options, ForeignKeys? foreign)
        where T : class
    {
        // Required properties are checked below, with all the other problems.
        var reading = new Reading(ConfigKey.Of<T>(), Activator.CreateInstance<T>(), foreign ?? ForeignKeys.None);
        addFile(reading);
        var problemsInFile = reading.Problems.Count;
        foreach (var (name, text) in options)
            reading.Add(name, text);
        reading.CheckMissing();
        if (reading.Problems.Count > 0)
            throw new ConfigurationException(reading.Problems, isUsage: problemsInFile == 0);
        return (T)reading.Configuration;
    }

    /// <summary>A configuration while it is put together.</summary>
    private sealed class Reading(IReadOnlyList<ConfigKey> keys, object configuration, ForeignKeys foreign)
    {
        private readonly Dictionary<string, ConfigKey> _keys =
            keys.SelectMany(key => key.Aliases.Append(key.Name).Select(name => (name, key))).ToDictionary();
        private readonly HashSet<string> _given = [];
        private readonly HashSet<string> _options = [];

        internal List<string> Problems { get; } = [];

        internal object Configuration => configuration;

        internal void Add(string path, YamlMappingNode mapping)
        {
            foreach (var (key, value) in mapping)
            {
                var name = ((YamlScalarNode)key).Value ?? "";
                var place = $"{path}:{key.Start.Line}:{key.Start.Column}";
                if (_keys.TryGetValue(name, out var known))
                {
                    if (!_given.Add(known.Name))
                        Problems.Add($"{place}: {known.Name} is given twice, here as '{name}'");
                    if (Set(known, value) is { } problem)
                        Problems.Add($"{path}:{value.Start.Line}:{value.Start.Column}: {problem}");
                }
                else if (foreign.Find(name) is { } stranger)
                    Pass(stranger, place, IsOff(value));
                else
                    Problems.Add($"{place}: unknown key '{name}'{Suggestion(name)}");
            }
        }

        internal void Add(ConvertedConfiguration converted)
        {
            Problems.AddRange(converted.Problems);
            foreach (var (name, text, place) in converted.Values)
            {
                _given.Add(name);
                if (_keys[name].TrySet(configuration, text) is { } problem)
                    Problems.Add($"{place}: {problem}");
            }
        }

        internal void Add(string name, string text)
        {
            if (foreign.Find(name) is { } stranger)
            {
                Pass(stranger, ConfigKey.OptionOf(name), text is "false");
                return;
            }
            var key = _keys[name];
            _given.Add(name);
            // Options replace what the file has; a list's second word goes behind its first.
            if (!_options.Add(name) && key.IsList)
                key.Append(configuration, text);
            else if (key.TrySet(configuration, text) is { } problem)
                Problems.Add($"{key.Option}: {problem}");
        }

        internal void CheckMissing()
        {
            foreach (var key in keys.Where(key => key.IsRequired && !_given.Contains(key.Name)))
                Problems.Add($"{key.Name} is missing: give it in the configuration file or as {key.Option}");
        }

        private string? Set(ConfigKey key, YamlNode value)
        {
            if (value is YamlScalarNode scalar)
                return IsNull(scalar) ? null : key.TrySet(configuration, scalar.Value ?? "");
            var items = key.IsList ? Items(value) : null;
            if (items is null)
                return $"{key.Name} holds a list or a mapping, expected {key.Expected}";
            key.Set(configuration, items);
            return null;
        }

        // A list's items and a mapping's keys and values, all in one row; null where something deeper stands there.
        private static List<string>? Items(YamlNode value)
        {
            IEnumerable<YamlNode> nodes = value is YamlMappingNode mapping
                ? mapping.SelectMany(pair => new[] { pair.Key, pair.Value })
                : (YamlSequenceNode)value;
            var items = new List<string>();
            foreach (var node in nodes)
            {
                if (node is not YamlScalarNode { Value: { } text })
                    return null;
                items.Add(text);
            }
            return items;
        }

        private void Pass(ForeignKey key, string place, bool isOff)
        {
            if (key.IsHarmless || isOff || foreign.IgnoreAll)
                foreign.Say($"{place}: {key.Name} has no meaning here: {key.Reason}");
            else
            {
                Problems.Add(
                    $"{place}: {key.Name} has no meaning here: {key.Reason}. Remove it, or pass --ignore-unsupported");
            }
        }

        private string Suggestion(string name) =>
            Spelling.Nearest(name, _keys.Keys) is { } nearest ? $"; did you mean {nearest}?" : "";

        private static bool IsOff(YamlNode value) =>
            value is YamlScalarNode scalar && (IsNull(scalar) || scalar.Value is "false" or "False");

        private static bool IsNull(YamlScalarNode scalar) =>
            scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";
    }
}
