using System.CommandLine;
using System.Text.Json;
using Caravan.Cli.Benchmarks;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan bench train</c>: training steps, their memory and their operators.</summary>
internal static class BenchTrainCommand
{
    public static Command Create(CommandContext context)
    {
        var python = new Option<string?>("--python")
        {
            Description = "Python with the PyTorch to compare with. Default: /usr/bin/python3.",
        };
        var alone = new Option<bool>("--alone") { Description = "Leave PyTorch out." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var measure = new Option<string?>("--measure") { Description = "Measure this one case.", Hidden = true };
        var profile = new Option<string?>("--profile")
        {
            Description = "Measure the operators of this one case.",
            Hidden = true,
        };
        var scaling = new Option<string?>("--scaling")
        {
            Description = "Measure the threads of this one case.",
            Hidden = true,
        };
        var command = new DocumentedCommand("train",
            "Measures training steps of LLaMAs with 15 and 110 million parameters: tokens per second, share of the " +
            "machine's matrix products, memory, threads, length of documents, and where the time goes. Takes some " +
            "minutes; nothing else should run.")
        {
            Examples =
            [
                new("caravan bench train", "Everything, beside PyTorch where that is there"),
                new("caravan bench train --alone --json > here.json", "Caravan's part, to keep"),
            ],
        };
        command.Options.Add(python);
        command.Options.Add(alone);
        command.Options.Add(json);
        command.Options.Add(measure);
        command.Options.Add(profile);
        command.Options.Add(scaling);
        command.SetAction(parsed => parsed.GetValue(measure) is { } step
            ? Print(context, TrainingStep.Measure(TrainingCase.Parse(step)).ToJson())
            : parsed.GetValue(profile) is { } operators
            ? Print(context, OperatorTime.ToJson(OperatorProfile.Measure(TrainingCase.Parse(operators))))
            : parsed.GetValue(scaling) is { } threads
            ? Print(context, ThreadScaling.Measure(TrainingCase.Parse(threads)).ToJson())
            : Run(context, parsed.GetValue(python), !parsed.GetValue(alone), parsed.GetValue(json)));
        return command;
    }

    private static int Print(CommandContext context, string json)
    {
        context.Terminal.Out.WriteLine(json);
        return ExitCode.Success;
    }

    private static int Run(CommandContext context, string? python, bool withPeer, bool json)
    {
        TrainingBenchmark benchmark;
        try
        {
            benchmark = TrainingBenchmark.Run(
                python, withPeer, what => context.Terminal.Error.WriteLine($"measuring {what}"), context.Stop.Token);
        }
        catch (OperationCanceledException)
        {
            return context.Stop.ExitCode;
        }
        if (json)
        {
            context.Terminal.Out.WriteLine(
                JsonSerializer.Serialize(benchmark, TrainingBenchmarkJson.Readable.TrainingBenchmark));
        }
        else
        {
            TrainingBenchmarkPage.Write(benchmark, context.Terminal);
        }
        return ExitCode.Success;
    }
}
