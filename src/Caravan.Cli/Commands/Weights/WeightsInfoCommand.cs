using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights info</c>: what is in a model folder or weight file.</summary>
internal static class WeightsInfoCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new Argument<string>("model") { Description = "A model folder or weight file." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new DocumentedCommand("info", "Lists tensors, types and sizes; says what is tied or missing.")
        {
            Examples =
            [
                new("caravan weights info models/tulu", "Every tensor"),
                new("caravan weights info m.bin --json", "For a program"),
            ],
        };
        command.Arguments.Add(model);
        command.Options.Add(json);
        command.SetAction(parsed => Run(context, parsed.GetValue(model)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string model, bool json)
    {
        using var weights = ModelWeights.Open(model);
        var output = context.Terminal.Out;
        var config = Directory.Exists(model) && File.Exists(Path.Combine(model, ModelConfigFile.FileName))
            ? ModelConfigFile.Read(model) : null;
        var parameters = weights.Tensors.Where(info => !weights.Aliases.ContainsKey(info.Name))
            .Sum(info => info.ElementCount);
        var completeness = ModelCompleteness.Check(weights, config);
        if (json)
        {
            output.WriteLine(Describe(weights, config, parameters, completeness).ToJsonString());
            return ExitCode.Success;
        }
        var width = weights.Tensors.Select(info => info.Name.Length).DefaultIfEmpty(0).Max();
        foreach (var info in weights.Tensors)
        {
            var tied = weights.Aliases.TryGetValue(info.Name, out var same) ? $"  = {same}" : "";
            output.WriteLine($"{info.Name.PadRight(width)}  {info.Type.SafetensorsName(),-5} {info.ShapeText}{tied}");
        }
        foreach (var (alias, stored) in completeness.Tied.Where(pair => !weights.Aliases.ContainsKey(pair.Key)))
            output.WriteLine($"{alias.PadRight(width)}  tied  = {stored}");
        foreach (var line in Problems(completeness))
            output.WriteLine(line);
        foreach (var warning in weights.Warnings)
            context.Terminal.Error.WriteLine($"caravan: warning: {warning}");
        output.WriteLine(
            $"{config?.Architecture ?? "Weights"}: {weights.Tensors.Count} tensors, {parameters:N0} parameters, " +
            $"{ByteSize.Format(weights.ByteLength)} in {weights.Files.Count} " +
            $"{(weights.Files.Count == 1 ? "file" : "files")}");
        return ExitCode.Success;
    }

    /// <summary>What the configuration asks for and the weights do not have, one line for each tensor.</summary>
    internal static IEnumerable<string> Problems(ModelCompleteness completeness) =>
    [
        .. completeness.Missing.Select(name => $"missing: {name}"),
        .. completeness.WrongShapes.Select(tensor => $"wrong shape: {tensor}"),
        .. completeness.Unexpected.Select(name => $"not of this architecture: {name}"),
    ];

    private static JsonObject Describe(
        ModelWeights weights, ModelConfigFile? config, long parameters, ModelCompleteness completeness) => new()
    {
        ["architecture"] = config?.Architecture,
        ["parameters"] = parameters,
        ["bytes"] = weights.ByteLength,
        ["files"] = new JsonArray([.. weights.Files.Select(file => (JsonNode)Path.GetFileName(file))]),
        ["tied"] = new JsonObject(
            completeness.Tied.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
        ["missing"] = new JsonArray([.. completeness.Missing.Select(name => (JsonNode)name)]),
        ["wrong_shapes"] = new JsonArray([.. completeness.WrongShapes.Select(name => (JsonNode)name)]),
        ["unexpected"] = new JsonArray([.. completeness.Unexpected.Select(name => (JsonNode)name)]),
        ["warnings"] = new JsonArray([.. weights.Warnings.Select(warning => (JsonNode)warning)]),
        ["tensors"] = new JsonArray([.. weights.Tensors.Select(info => (JsonNode)new JsonObject
        {
            ["name"] = info.Name,
            ["dtype"] = info.Type.SafetensorsName(),
            ["shape"] = new JsonArray([.. info.Shape.Select(size => (JsonNode)size)]),
        })]),
    };
}
