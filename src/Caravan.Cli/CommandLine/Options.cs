using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Caravan.Torch;

namespace Caravan.Cli.CommandLine;

/// <summary>Makes options that refuse what they cannot use, naming the option, the value and what is allowed.</summary>
internal static class Options
{
    /// <summary>A whole number.</summary>
    public static Option<long> Integer(string name, string description, long @default, NumberRange range) =>
        Parsed(name, "N", description, @default, $"a whole number{range}", text =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && range.Contains(value) ? value : null);

    /// <summary>A real number.</summary>
    public static Option<double> Number(string name, string description, double @default, NumberRange range) =>
        Parsed(name, "X", description, @default, $"a number{range}", text =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && range.Contains(value) ? value : null);

    /// <summary>One of several words.</summary>
    public static Option<string> Choice(string name, string description, string @default, params string[] allowed)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', allowed),
            DefaultValueFactory = _ => @default,
            CustomParser = result => allowed.Contains(result.Tokens[0].Value)
                ? result.Tokens[0].Value
                : Refuse<string>(result, name, $"one of {string.Join(", ", allowed)}"),
        };
        option.CompletionSources.Add(allowed);
        return option;
    }

    /// <summary>The element type of weights and activations.</summary>
    public static Option<string> Dtype(string description) => Choice("--dtype", description, "fp32", "fp32", "bf16");

    /// <summary>Where to compute.</summary>
    public static Option<Device> Device() =>
        Parsed<Device>("--device", "DEVICE", "Where to compute: cpu, cuda or cuda:N.", Torch.Device.Cpu,
            "cpu, cuda or cuda:N", text =>
            {
                try
                {
                    return Torch.Device.Parse(text);
                }
                catch (FormatException)
                {
                    return null;
                }
            });

    /// <summary>A folder or file; whether it is there is the command's business.</summary>
    public static Option<string> Path(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    private static Option<T> Parsed<T>(
        string name, string helpName, string description, T @default, string expected, Func<string, T?> parse)
        where T : struct => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => @default,
        CustomParser = result => parse(result.Tokens[0].Value) ?? Refuse<T>(result, name, expected),
    };

    private static T? Refuse<T>(ArgumentResult result, string name, string expected)
    {
        result.AddError($"{name} cannot be '{result.Tokens[0].Value}': it must be {expected}.");
        return default;
    }
}
