using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Torch;

namespace Caravan.Cli.Answers;

/// <summary>The options that name a model, for every command that uses one.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> _model = new("--model")
    {
        Description = "Model directory in Hugging Face's layout.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _dtype = Options.Dtype("Type of weights and activations.");
    private readonly Option<Device> _device = Options.Device();

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_dtype);
        command.Options.Add(_device);
    }

    /// <summary>Loads the model; warnings about its files go to standard error.</summary>
    /// <exception cref="Files.BadInputException">Something is wrong with the directory.</exception>
    public LoadedModel Load(ParseResult parsed, Terminal terminal) => LoadedModel.Load(
        parsed.GetRequiredValue(_model),
        parsed.GetValue(_dtype) == "bf16" ? Dtype.BFloat16 : Dtype.Float32,
        parsed.GetValue(_device),
        warning => terminal.Error.WriteLine($"caravan: warning: {warning}"));
}
