using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights verify</c>: reads every byte of a model and says what is wrong.</summary>
internal static class WeightsVerifyCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new Argument<string>("model") { Description = "A model folder or weight file." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new DocumentedCommand(
            "verify", "Checks structure, index, checksums, NaN and infinities; prints hashes.")
        {
            Examples = [new("caravan weights verify models/tulu", "Is the download whole and sane?")],
        };
        command.Arguments.Add(model);
        command.Options.Add(json);
        command.SetAction(parsed => Run(context, parsed.GetValue(model)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string model, bool json)
    {
        using var progress = new ByteProgressLine(context.Terminal, context.Clock);
        var found = ModelInspection.Run(model, progress, context.Stop.Token);
        progress.Clear();
        foreach (var warning in found.Warnings)
            context.Terminal.Error.WriteLine($"caravan: warning: {warning}");
        var output = context.Terminal.Out;
        if (json)
        {
            output.WriteLine(Describe(found).ToJsonString());
            return ExitOf(found);
        }
        foreach (var (file, hash) in found.Sha256)
            output.WriteLine($"{hash}  {file}");
        output.WriteLine($"sum of all numbers: {found.Sum:F4}");
        foreach (var tensor in found.NonFinite)
            output.WriteLine($"NaN or infinite numbers: {tensor}");
        foreach (var line in WeightsInfoCommand.Problems(found.Completeness))
            output.WriteLine(line);
        return ExitOf(found);
    }

    private static int ExitOf(ModelInspection found) =>
        found.NonFinite.Count == 0 && found.Completeness.IsComplete ? ExitCode.Success : ExitCode.Failure;

    private static JsonObject Describe(ModelInspection found) => new()
    {
        ["sha256"] = new JsonObject(
            found.Sha256.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
        ["sum"] = double.IsFinite(found.Sum) ? found.Sum : null,
        ["nonfinite"] = new JsonArray([.. found.NonFinite.Select(name => (JsonNode)name)]),
        ["missing"] = new JsonArray([.. found.Completeness.Missing.Select(name => (JsonNode)name)]),
        ["wrong_shapes"] = new JsonArray([.. found.Completeness.WrongShapes.Select(name => (JsonNode)name)]),
        ["warnings"] = new JsonArray([.. found.Warnings.Select(warning => (JsonNode)warning)]),
    };
}
