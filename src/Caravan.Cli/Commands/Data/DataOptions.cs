using System.CommandLine;
using System.Globalization;
using Caravan.Cli.CommandLine;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Cli.Commands.Data;

/// <summary>Options that several data commands have.</summary>
internal static class DataOptions
{
    public static Option<string> RawFolder() => new("--raw")
    {
        Description = "The folder of raw files, with one folder for each dataset.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("data", "raw_train"),
    };

    public static Option<string> Out(string @default) => new("--out")
    {
        Description = "Where to write.",
        HelpName = "PATH",
        DefaultValueFactory = _ => @default,
    };

    public static Option<long> Seed() =>
        Options.Integer("--seed", "Decides every random choice.", 42, NumberRange.Any);

    public static Option<long> SkipInvalid() => new("--skip-invalid")
    {
        Description = "Skip and count unusable records instead of stopping at the first: all of them, or up to so many.",
        HelpName = "N",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result =>
        {
            if (result.Tokens is not [{ Value: var text }])
                return long.MaxValue;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
            result.AddError($"--skip-invalid cannot be '{text}': it must be a whole number from 0 up, or nothing.");
            return 0;
        },
    };

    public static Option<bool> AllowDivergentPrompt() => new("--allow-divergent-prompt")
    {
        Description = "Take pairs whose sides differ before their last message, and count them as warnings.",
    };

    public static Option<string> Compat() => Options.Choice(
        "--compat", "reference keeps and loses exactly what the original scripts do.", "fixed", "fixed", "reference");

    public static Option<string?> Tokenizer() => new("--tokenizer")
    {
        Description = "A model directory whose tokenizer counts lengths.",
        HelpName = "DIR",
    };

    public static Option<string> LicencePolicyName() => Options.Choice(
        "--licence-policy", "Refuse sources whose terms do not allow this use.", "any", [.. LicencePolicy.Names]);

    public static Compatibility Compatibility(string name) =>
        name == "reference"
            ? Caravan.Data.Conversion.Compatibility.Reference : Caravan.Data.Conversion.Compatibility.Fixed;

    /// <summary>Counts tokens, without special ones, if a tokenizer was given.</summary>
    public static Func<string, int>? TokenCounter(string? folder)
    {
        if (folder is null)
            return null;
        var tokenizer = Caravan.Text.Tokenizer.Load(folder);
        return text => tokenizer.Encode(text, addSpecialTokens: false).Length;
    }

    /// <summary>Counts tokens, or words without a tokenizer, and says which.</summary>
    public static (Func<string, int> Count, string Unit) Lengths(string? folder) => TokenCounter(folder) is { } count
        ? (count, $"tokens of {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder!))}")
        : (text => Caravan.Data.Whitespace.CountWords(text), "words");

    /// <summary>Splits <c>name=value</c>.</summary>
    public static Dictionary<string, string> Settings(IEnumerable<string> pairs)
    {
        var settings = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !settings.TryAdd(pair[..equals], pair[(equals + 1)..]))
                throw new BadInputException($"--set {pair}: expected name=value, each name once.");
        }
        return settings;
    }
}
