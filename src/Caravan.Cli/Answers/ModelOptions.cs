using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Models;
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

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Refuse weights with tensors that the model does not have, instead of a warning.",
    };

    private readonly Option<bool> _ignoreVocabularyRows = new("--ignore-vocab-rows")
    {
        Description = "Take as many vocabulary rows as the weights have, whatever config.json says.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_dtype);
        command.Options.Add(_device);
        command.Options.Add(_strict);
        command.Options.Add(_ignoreVocabularyRows);
    }

    /// <summary>Loads the model; warnings about its files go to standard error.</summary>
    /// <exception cref="Files.BadInputException">Something is wrong with the directory.</exception>
    public LoadedModel Load(ParseResult parsed, Terminal terminal) => LoadedModel.Load(
        parsed.GetRequiredValue(_model),
        new LoadOptions
        {
            Dtype = parsed.GetValue(_dtype) == "bf16" ? Dtype.BFloat16 : Dtype.Float32,
            Device = parsed.GetValue(_device),
            Strict = parsed.GetValue(_strict),
            IgnoreVocabularyRows = parsed.GetValue(_ignoreVocabularyRows),
            Warn = warning => terminal.Error.WriteLine($"caravan: warning: {warning}"),
        });
}
