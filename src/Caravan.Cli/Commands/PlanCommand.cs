using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Files;
using Caravan.Training;
using Caravan.Training.Configuration;
using Caravan.Training.Memory;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan plan</c>: what a training run would take of memory, without loading the model's
/// weights.</summary>
internal static class PlanCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Option<string?>("--config")
        {
            Description = "YAML file of a training run. Options override it.",
            HelpName = "FILE",
        };
        var memory = Options.Number(
            "--memory", "Memory to fit into, in GiB. 0: all that this machine has.", 0, NumberRange.AtLeast(0));
        var json = new Option<bool>("--json") { Description = "Print one JSON object, sizes in bytes." };
        var command = new DocumentedCommand(
            "plan",
            "Says what a training run will take of memory, and how much fits. It needs the model's config.json " +
            "alone, not its weights.")
        {
            Examples =
            [
                new("caravan plan --config run.yaml", "A run of caravan train sft, before it starts"),
                new("caravan plan --model-name-or-path llama-2-70b --use-qlora --gradient-checkpointing --dtype bf16 " +
                    "--memory 80",
                    "Whether a model fits an 80 GiB device, and with how many tokens"),
            ],
        };
        command.Options.Add(file);
        command.Options.Add(memory);
        command.Options.Add(json);
        var options = ConfigOptions.Of<SftConfig>(OpenInstructKeys.Sft.Values);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            // Where the output would go has no part in the plan.
            var given = options.Given(parsed).Append(KeyValuePair.Create("output_dir", "."));
            var foreign = new ForeignKeys(OpenInstructKeys.Sft, IgnoreAll: true, _ => { });
            var config = ConfigurationReader.Read<SftConfig>(parsed.GetValue(file), given, foreign);
            var gibibytes = parsed.GetValue(memory);
            var bytes = gibibytes > 0 ? (long)(gibibytes * (1L << 30)) : OfMachine(config);
            return Run(context, config, bytes, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(CommandContext context, SftConfig config, long memory, bool json)
    {
        using var planner = new MemoryPlanner(config);
        var plan = planner.Plan((long)config.PerDeviceTrainBatchSize * config.MaxSeqLength);
        var fits = planner.LargestPass(memory);
        if (json)
            context.Terminal.Out.WriteLine(Describe(plan, memory, fits, config).ToJsonString());
        else
            Print(context.Terminal, plan, memory, fits, config);
        return ExitCode.Success;
    }

    private static void Print(Terminal terminal, MemoryPlan plan, long memory, long fits, SftConfig config)
    {
        var rows = fits / config.MaxSeqLength;
        FactSheet.Write(terminal,
        [
            ("model", $"{Quantity.Short(plan.ParameterCount)} parameters, {Quantity.Short(plan.TrainedCount)} trained"),
            ("forward pass", $"{config.PerDeviceTrainBatchSize} rows of {Quantity.Count(config.MaxSeqLength)} tokens"),
            ("parameters", ByteSize.Format(plan.Parameters)),
            ("gradients", ByteSize.Format(plan.Gradients)),
            ("optimizer", ByteSize.Format(plan.Optimizer)),
            ("activations", ByteSize.Format(plan.Activations)),
            ("logits", ByteSize.Format(plan.Logits)),
            ("program", ByteSize.Format(plan.Program)),
            ("peak", $"{ByteSize.Format(plan.Peak)}; the parts above are not all at their greatest at one time"),
            ("generation", $"{ByteSize.Format(plan.KeyValueCache)} of keys and values for each sequence of " +
                $"{Quantity.Count(config.MaxSeqLength)} tokens"),
            ($"in {ByteSize.Format(memory)}", fits == 0 ? "this does not fit: not even one token a pass" :
                rows == 0 ? $"{Quantity.Count(fits)} tokens a pass, less than one row: lower max_seq_length" :
                $"{Quantity.Count(fits)} tokens a pass: per_device_train_batch_size up to {Quantity.Count(rows)}"),
        ]);
        if (rows > 0)
            return;
        string[] remedies =
        [
            .. config.GradientCheckpointing ? Array.Empty<string>() : ["gradient_checkpointing"],
            .. AutomaticPrecision.Of(config) == Precision.Bf16 ? Array.Empty<string>() : ["dtype: bf16"],
            .. config.UseQlora ? Array.Empty<string>() : [config.UseLora ? "use_qlora" : "use_lora or use_qlora"],
        ];
        if (remedies.Length > 0)
            terminal.Out.WriteLine($"Less memory: {string.Join(", ", remedies)}.");
    }

    private static JsonObject Describe(MemoryPlan plan, long memory, long fits, SftConfig config) => new()
    {
        ["parameter_count"] = plan.ParameterCount,
        ["trained_count"] = plan.TrainedCount,
        ["tokens_per_pass"] = plan.TokensPerPass,
        ["parameters"] = plan.Parameters,
        ["gradients"] = plan.Gradients,
        ["optimizer"] = plan.Optimizer,
        ["activations"] = plan.Activations,
        ["logits"] = plan.Logits,
        ["program"] = plan.Program,
        ["peak"] = plan.Peak,
        ["key_value_cache_per_sequence"] = plan.KeyValueCache,
        ["memory"] = memory,
        ["largest_tokens_per_pass"] = fits,
        ["largest_per_device_train_batch_size"] = fits / config.MaxSeqLength,
    };

    private static long OfMachine(SftConfig config) => config.Device == "cpu"
        ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
        : throw new BadInputException($"--memory is missing: say how many GiB {config.Device} has.");
}
