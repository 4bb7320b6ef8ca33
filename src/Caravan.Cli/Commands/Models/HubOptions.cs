using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Models;

/// <summary>The options that say which hub to ask, and as whom.</summary>
internal sealed class HubOptions
{
    private readonly Option<string?> _endpoint = new("--endpoint")
    {
        Description = "A mirror of the hub. [default: HF_ENDPOINT, or https://huggingface.co]",
        HelpName = "URL",
    };

    // Not the token itself: command lines can be read by every user of the machine.
    private readonly Option<string> _tokenFile = Options.Path(
        "--token-file", "FILE", "File with an access token, for gated and private models. [default: HF_TOKEN]");

    public void AddTo(Command command)
    {
        command.Options.Add(_endpoint);
        command.Options.Add(_tokenFile);
    }

    /// <exception cref="Files.BadInputException">The endpoint or the token cannot be used.</exception>
    public HubAccess Read(ParseResult parsed) => HubAccess.FromEnvironment(
        parsed.GetValue(_endpoint), parsed.GetValue(_tokenFile) is { } file ? File.ReadAllText(file) : null);
}
