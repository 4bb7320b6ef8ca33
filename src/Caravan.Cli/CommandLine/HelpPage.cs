using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Caravan.Cli.CommandLine;

/// <summary>What <c>--help</c> prints: System.CommandLine's sections and our examples after them.</summary>
internal sealed class HelpPage(int width) : SynchronousCommandLineAction
{
    private readonly HelpAction _sections = new() { MaxWidth = width };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        _sections.Invoke(parseResult);
        if (parseResult.CommandResult.Command is DocumentedCommand { Examples: { Count: > 0 } examples })
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine($"  # {example.Purpose}");
                output.WriteLine($"  {example.CommandLine}");
            }
            output.WriteLine();
        }
        return ExitCode.Success;
    }
}
