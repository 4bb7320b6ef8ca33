using System.Text.RegularExpressions;
using Caravan.Checkpoints;
using Caravan.Files;

namespace Caravan.Models.Adapters;

/// <summary>
/// Names of the linear layers that an adapter goes to, as PEFT reads <c>target_modules</c>: a list of names, each of
/// which stands for the layers whose path equals it or ends with it after a dot; a regular expression for whole paths;
/// or all linear layers but the output head.
/// </summary>
public sealed class LoraTargets
{
    private const string All = "all-linear";

    private readonly IReadOnlyList<string>? _suffixes;
    private readonly string? _pattern;

    private LoraTargets(IReadOnlyList<string>? suffixes, string? pattern) =>
        (_suffixes, _pattern) = (suffixes, pattern);

    /// <summary>Every linear layer but the output head.</summary>
    public static LoraTargets AllLinear { get; } = new(null, null);

    /// <summary>Layers whose path is one of the names or ends with one: <c>q_proj</c>, <c>mlp.down_proj</c>.</summary>
    public static LoraTargets Named(params IReadOnlyList<string> suffixes) => new(suffixes, null);

    /// <summary>Layers whose whole path matches a regular expression.</summary>
    public static LoraTargets Matching(string pattern) => new(null, pattern);

    /// <summary>Reads the text of a configuration: <c>all-linear</c>; one name or several with commas; anything else is
    /// a regular expression.</summary>
    public static LoraTargets Parse(string text)
    {
        if (text == All)
            return AllLinear;
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length > 0 && Array.TrueForAll(names, name => Regex.IsMatch(name, @"^[\w.]+$"))
            ? Named(names)
            : Matching(text);
    }

    /// <summary>The layers that are meant, of those of a model.</summary>
    /// <exception cref="BadInputException">None is, or the regular expression is none.</exception>
    public IReadOnlyList<string> Select(IEnumerable<string> layers)
    {
        List<string> all = [.. layers];
        List<string> selected = [.. all.Where(Includes)];
        if (selected.Count > 0)
            return selected;
        var known = all.Select(LastPart).Distinct();
        throw new BadInputException(
            $"the adapter's target modules {this} match no linear layer of this model; its layers are named " +
            $"{string.Join(", ", known)}. Name some of them, or use {All}.");
    }

    /// <summary>Sets <c>target_modules</c>. All linear layers are listed by their names, as PEFT lists them.</summary>
    internal void Write(LoraConfigFile config, IEnumerable<string> selected)
    {
        if (_pattern is not null)
            config.Set("target_modules", _pattern);
        else
            config.Set("target_modules", _suffixes ?? [.. selected.Select(LastPart).Distinct()]);
    }

    public override string ToString() => _pattern ?? (_suffixes is null ? All : $"[{string.Join(", ", _suffixes)}]");

    /// <summary>Whether a dotted path is a name or ends with it after a dot.</summary>
    public static bool EndsWith(string path, string name) =>
        path == name || path.EndsWith("." + name, StringComparison.Ordinal);

    private bool Includes(string path)
    {
        if (_suffixes is not null)
            return _suffixes.Any(name => EndsWith(path, name));
        if (_pattern is null)
            return true;
        try
        {
            return Regex.IsMatch(path, $"^(?:{_pattern})$", RegexOptions.None, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new BadInputException(
                $"the adapter's target modules '{_pattern}' are no usable pattern: {e.Message}", e);
        }
    }

    private static string LastPart(string path) => path[(path.LastIndexOf('.') + 1)..];
}
