using System.Text.Json;

namespace Caravan.Cli.Tests.Commands;

public sealed class PlanCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-plan-").FullName;

    public PlanCommandTests() => File.WriteAllText(Path.Combine(_folder, "config.json"), """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 32000, "hidden_size": 4096,
         "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32}
        """);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Plan_PrintsForAPerson()
    {
        var run = CommandRun.Of("plan", "--model-name-or-path", _folder, "--dtype", "bf16", "--memory", "160");
        Assert.Equal(0, run.ExitCode);
        ApprovedText.Matches("plan", run.Output);
    }

    [Fact]
    public void Plan_OfWhatDoesNotFit_SaysWhatTakesLess()
    {
        var run = CommandRun.Of("plan", "--model-name-or-path", _folder, "--dtype", "fp32", "--memory", "24");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("does not fit", run.Output);
        Assert.Contains("gradient_checkpointing, dtype: bf16, use_lora or use_qlora", run.Output);
    }

    [Fact]
    public void Plan_ReadsATrainingRunsFile_AndPrintsJson()
    {
        var file = Path.Combine(_folder, "run.yaml");
        File.WriteAllText(file, $"""
            model_name_or_path: {_folder}
            train_file: data.jsonl
            output_dir: runs/x
            use_qlora: true
            dtype: bf16
            max_seq_length: 1024
            per_device_train_batch_size: 4
            """);
        var run = CommandRun.Of("plan", "--config", file, "--memory", "24", "--json");
        Assert.Equal(0, run.ExitCode);
        var plan = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(6_738_415_616, plan.GetProperty("parameter_count").GetInt64());
        Assert.Equal(4096, plan.GetProperty("tokens_per_pass").GetInt64());
        Assert.Equal(24L << 30, plan.GetProperty("memory").GetInt64());
        Assert.True(plan.GetProperty("largest_per_device_train_batch_size").GetInt64() > 0);
    }

    [Fact]
    public void Plan_OfADeviceWhoseMemoryIsNotKnown_AsksForIt()
    {
        var run = CommandRun.Of("plan", "--model-name-or-path", _folder, "--device", "cuda");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--memory is missing", run.Error);
    }
}
