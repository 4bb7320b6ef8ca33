using System.Globalization;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets;
using Caravan.Data.Edits;
using Caravan.Data.Filters;
using Caravan.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Caravan.Data.Mixtures;

/// <summary>
/// Reads mixtures from YAML, with errors that give file, line and column:
/// <code>
/// name: my-mix
/// seed: 42                  # default 42
/// shuffle: true             # default false: parts one after the other
/// keep_order: true          # default false: what is drawn of a part stands in the order of the draw
/// compat: fixed             # or reference
/// filters: [entities]       # the names of RecordFilter.All, and {sources: [a, b]}; default none
/// unfiltered: [hard_coded]
/// edits: [special_tokens]   # the names of RecordEdit.All; default none
/// drop_keys: [prompt]       # members that no record keeps
/// parts:
///   - dataset: flan_v2
///     options: { sample: v2 }
///     amount: 0.5           # count, proportion, percentage or all
///   - file: own/records.jsonl
///     name: own
///     source: own           # what its records state as their source
/// </code>
/// </summary>
public static class MixtureFile
{
    private static readonly string[] Keys =
        ["name", "seed", "shuffle", "keep_order", "compat", "filters", "unfiltered", "edits", "drop_keys", "parts"];

    private static readonly string[] PartKeys = ["dataset", "file", "name", "amount", "options", "source"];

    private const string Allowed = "expected letters, digits, '.', '_' and '-'";

    /// <summary>The names of the published mixtures, which need no file.</summary>
    public static IReadOnlyList<string> Published { get; } =
        ["human-mix", "tulu-v1", "tulu-v2", "code-tulu", "openalpaca"];

    /// <summary>A published mixture by name, or one from a file.</summary>
    public static Mixture Load(string nameOrPath)
    {
        if (Published.Contains(nameOrPath))
        {
            using var stream = typeof(MixtureFile).Assembly
                .GetManifestResourceStream($"Caravan.Data.Mixtures.Published.{nameOrPath}.yaml")!;
            using var text = new StreamReader(stream);
            return Parse(text.ReadToEnd(), $"{nameOrPath}.yaml");
        }
        if (!File.Exists(nameOrPath))
        {
            throw new BadInputException(
                $"{nameOrPath}: no such file, and no published mixture of that name. " +
                $"Published are {string.Join(", ", Published)}.");
        }
        return Parse(File.ReadAllText(nameOrPath), nameOrPath);
    }

    /// <summary>Parses YAML text; <paramref name="path"/> names it in messages. Files are relative to it.</summary>
    public static Mixture Parse(string yaml, string path)
    {
        var root = Root(yaml, path);
        Known(root, Keys, path);
        var name = Text(root, "name", path) ?? throw At(path, root, "name: missing; give the mixture a name.");
        if (!IsFolderName(name))
            throw At(path, Child(root, "name")!, $"name: \"{name}\" cannot name a folder; {Allowed}.");
        var sequence = Child(root, "parts") as YamlSequenceNode;
        if (sequence is null || sequence.Children.Count == 0)
            throw At(path, root, "parts: expected a list of at least one dataset or file.");
        var parts = sequence.Children.Select(node => Part(node, path)).ToList();
        foreach (var (part, i) in parts.Select((part, i) => (part, i)))
        {
            if (parts.FindIndex(other => other.Name == part.Name) < i)
                throw At(
                    path, sequence.Children[i], $"part \"{part.Name}\" occurs twice; give one of them another name.");
        }
        return new Mixture
        {
            Name = name,
            Parts = parts,
            Seed = Number(root, "seed", path) ?? 42,
            Shuffle = Flag(root, "shuffle", path),
            KeepOrder = Flag(root, "keep_order", path),
            Compatibility = Compat(root, path),
            Filters = Filters(root, path),
            Unfiltered = Unfiltered(root, parts, path),
            Edits = Edits(root, path),
        };
    }

    /// <summary>
    /// A mixture of <c>name=amount</c>, each name that of a dataset or of a file of records.
    /// </summary>
    /// <exception cref="BadInputException">A name is neither, or occurs twice.</exception>
    public static Mixture Of(string name, IReadOnlyList<string> amounts)
    {
        if (!IsFolderName(name))
            throw new BadInputException($"\"{name}\" cannot name a mixture; {Allowed}.");
        var parts = amounts.Select(Part).ToList();
        var twice = parts.GroupBy(part => part.Name).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? new Mixture { Name = name, Parts = parts }
            : throw new BadInputException($"Mixture {name}: the part \"{twice.Key}\" occurs twice.");
    }

    private static MixturePart Part(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals <= 0)
            throw new BadInputException($"--mix {text}: expected name=amount, such as dolly=0.5 or own.jsonl=all.");
        var (name, amount) = (text[..equals], new MixtureAmount(text[(equals + 1)..]));
        if (DatasetCatalogue.Instruction.Any(dataset => dataset.Card.Slug == name))
            return new MixturePart(name, null, amount, new Dictionary<string, string>());
        if (File.Exists(name) && IsFolderName(InstructionParser.FileStem(name)))
        {
            return new MixturePart(
                InstructionParser.FileStem(name), Path.GetFullPath(name), amount, new Dictionary<string, string>());
        }
        throw new BadInputException(
            $"--mix {text}: \"{name}\" is neither a file nor a dataset. Known are " +
            $"{string.Join(", ", DatasetCatalogue.Instruction.Select(set => set.Card.Slug))}.");
    }

    private static bool IsFolderName(string name) =>
        name.Any(char.IsLetterOrDigit) &&
        name.All(letter => char.IsLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private static YamlMappingNode Root(string yaml, string path)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode mapping
                ? mapping
                : throw new BadInputException(
                    $"{path}:1:1: expected a mapping with the keys {string.Join(", ", Keys)}.");
        }
        catch (YamlException exception)
        {
            throw new BadInputException(
                $"{path}:{exception.Start.Line}:{exception.Start.Column}: invalid YAML: {exception.Message}",
                    exception);
        }
    }

    private static MixturePart Part(YamlNode node, string path)
    {
        if (node is not YamlMappingNode part)
            throw At(path, node, "expected a part with the key dataset or file.");
        Known(part, PartKeys, path);
        var dataset = Text(part, "dataset", path);
        var file = Text(part, "file", path);
        if (dataset is null == file is null)
            throw At(path, part, "a part has either dataset or file.");
        var amount = new MixtureAmount(Text(part, "amount", path) ?? "all");
        var source = Text(part, "source", path);
        if (file is not null)
        {
            var full = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file);
            var name = Text(part, "name", path) ?? InstructionParser.FileStem(file);
            if (!IsFolderName(name))
                throw At(path, part, $"\"{name}\" cannot name a part; {Allowed}. Give it a name.");
            return new MixturePart(name, full, amount, new Dictionary<string, string>()) { Source = source };
        }
        var card = DatasetCatalogue.Instruction.FirstOrDefault(set => set.Card.Slug == dataset)?.Card
            ?? throw At(path, Child(part, "dataset")!, $"there is no dataset \"{dataset}\". Known are " +
                $"{string.Join(", ", DatasetCatalogue.Instruction.Select(set => set.Card.Slug))}.");
        return new MixturePart(dataset!, null, amount, Options(part, card, path)) { Source = source };
    }

    private static Dictionary<string, string> Options(YamlMappingNode part, DatasetCard card, string path)
    {
        if (Child(part, "options") is not { } node)
            return [];
        if (node is not YamlMappingNode options)
            throw At(path, node, "options: expected a mapping from names to values.");
        Known(options, [.. card.Options.Select(option => option.Name)], path);
        return options.Children.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToString());
    }

    private static Compatibility Compat(YamlMappingNode root, string path) => Text(root, "compat", path) switch
    {
        null or "fixed" => Compatibility.Fixed,
        "reference" => Compatibility.Reference,
        var other => throw At(path, Child(root, "compat")!, $"compat: expected fixed or reference, found \"{other}\"."),
    };

    private static RecordFilter[] Filters(YamlMappingNode root, string path) =>
        [.. Nodes(root, "filters").Select(node => Filter(node, path))];

    private static RecordFilter Filter(YamlNode node, string path)
    {
        if (node is YamlMappingNode mapping)
        {
            Known(mapping, [SourceFilter.Name], path);
            return SourceFilter.Against(Names(mapping, SourceFilter.Name));
        }
        return RecordFilter.All.FirstOrDefault(filter => filter.Name == node.ToString()) ?? throw At(
            path, node, $"filters: there is no filter \"{node}\"; there are " +
            $"{string.Join(", ", RecordFilter.All.Select(filter => filter.Name))}, and " +
            $"{{{SourceFilter.Name}: [name, …]}}.");
    }

    private static RecordEdit[] Edits(YamlMappingNode root, string path)
    {
        var dropped = Names(root, "drop_keys");
        if (dropped.FirstOrDefault(key => key is "dataset" or "id" or "messages") is { } needed)
            throw At(path, Child(root, "drop_keys")!, $"drop_keys: no record can be without \"{needed}\".");
        var edits = Nodes(root, "edits").Select(node =>
            RecordEdit.All.FirstOrDefault(edit => edit.Name == node.ToString()) ?? throw At(
                path, node, $"edits: there is no edit \"{node}\"; there are " +
                $"{string.Join(", ", RecordEdit.All.Select(edit => edit.Name))}."));
        return dropped.Length > 0 ? [.. edits, MemberEdits.Drop(dropped)] : [.. edits];
    }

    private static string[] Unfiltered(YamlMappingNode root, List<MixturePart> parts, string path)
    {
        var names = Names(root, "unfiltered");
        var stranger = names.FirstOrDefault(name => parts.TrueForAll(part => part.Name != name));
        return stranger is null
            ? names
            : throw At(path, Child(root, "unfiltered")!, $"unfiltered: there is no part \"{stranger}\".");
    }

    private static string[] Names(YamlMappingNode root, string key) =>
        [.. Nodes(root, key).Select(name => name.ToString())];

    private static IEnumerable<YamlNode> Nodes(YamlMappingNode root, string key) => Child(root, key) switch
    {
        null => [],
        YamlSequenceNode list => list.Children,
        var one => [one],
    };

    private static void Known(YamlMappingNode mapping, string[] keys, string path)
    {
        foreach (var key in mapping.Children.Keys)
        {
            if (!keys.Contains(key.ToString()))
            {
                var known = keys.Length == 0 ? "there are none here" : $"known are {string.Join(", ", keys)}";
                throw At(path, key, $"unknown key \"{key}\"; {known}.");
            }
        }
    }

    private static YamlNode? Child(YamlMappingNode mapping, string key) =>
        mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static string? Text(YamlMappingNode mapping, string key, string path) => Child(mapping, key) switch
    {
        null => null,
        YamlScalarNode { Value: { Length: > 0 } value } => value,
        var other => throw At(path, other, $"{key}: expected a value."),
    };

    private static bool Flag(YamlMappingNode mapping, string key, string path) => Text(mapping, key, path) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw At(path, Child(mapping, key)!, $"{key}: expected true or false, found \"{other}\"."),
    };

    private static long? Number(YamlMappingNode mapping, string key, string path)
    {
        if (Text(mapping, key, path) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw At(path, Child(mapping, key)!, $"{key}: expected a whole number, found \"{text}\".");
    }

    private static BadInputException At(string path, YamlNode node, string problem) =>
        new($"{path}:{node.Start.Line}:{node.Start.Column}: {problem}");
}
