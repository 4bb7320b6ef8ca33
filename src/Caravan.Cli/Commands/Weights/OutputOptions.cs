using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary>The options of every command that writes a model folder.</summary>
internal sealed class OutputOptions
{
    private const string Keep = "keep";

    private readonly Option<string>? _type;

    private readonly Option<string> _format;

    private readonly Option<string> _maxShardSize = Named(
        "--max-shard-size", "SIZE", "Largest weight file: 5GB, 500MB, 2GiB.", "5GB");

    private readonly Option<bool> _overwrite = Flag("--overwrite", "Replace the output folder if it is not empty.");

    private readonly Option<bool> _saturate = Flag(
        "--saturate", "Cut off numbers that float16 cannot hold instead of stopping.");

    private readonly Option<bool> _allowNonFinite = Flag(
        "--allow-nonfinite", "Write NaN and infinities instead of stopping.");

    /// <param name="defaultType">Null where the type is not a choice.</param>
    /// <param name="withEasyLm">Whether EasyLM's format is one of those to write.</param>
    public OutputOptions(string? defaultType = Keep, bool withEasyLm = false)
    {
        _type = defaultType is null ? null : Options.Choice(
            "--dtype", "Element type to write.", defaultType,
            defaultType == Keep ? [Keep, "fp32", "bf16", "fp16"] : ["fp32", "bf16", "fp16"]);
        _format = Options.Choice(
            "--format", "Format to write.", "safetensors",
            ["safetensors", "bin", .. withEasyLm ? ["easylm"] : Array.Empty<string>()]);
    }

    public static Option<string> Path(string name, string description, bool required = true) =>
        new(name) { Description = description, HelpName = "DIR", Required = required };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<string> Named(string name, string helpName, string description, string @default) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => @default,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option?[] { _type, _format, _maxShardSize, _overwrite, _saturate, _allowNonFinite })
        {
            if (option is not null)
                command.Options.Add(option);
        }
    }

    public WeightOutputOptions Read(ParseResult parsed) => new()
    {
        Type = _type is not null && WeightTypes.TryParse(parsed.GetValue(_type), out var type) ? type : null,
        Format = parsed.GetValue(_format) switch
        {
            "bin" => WeightFormat.Torch,
            "easylm" => WeightFormat.EasyLm,
            _ => WeightFormat.Safetensors,
        },
        MaxShardSize = ShardSize.Parse(parsed.GetValue(_maxShardSize)!),
        Overwrite = parsed.GetValue(_overwrite),
        Saturate = parsed.GetValue(_saturate),
        AllowNonFinite = parsed.GetValue(_allowNonFinite),
    };
}
