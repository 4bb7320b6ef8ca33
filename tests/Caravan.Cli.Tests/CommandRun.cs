using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests;

/// <summary>One command line, run through the program's entry with text in place of a terminal.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public const int Width = 80;

    public static CommandRun Of(params string[] args) => Of("", args);

    /// <param name="input">What standard input holds.</param>
    public static CommandRun Of(string input, string[] args, StopRequest? stop = null, TimeProvider? clock = null)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal { In = new StringReader(input), Out = output, Error = error, Width = Width };
        using var noStop = new StopRequest(_ => Assert.Fail("only one signal was sent"));
        var code = Program.Run(args, new CommandContext(terminal, stop ?? noStop, clock ?? TimeProvider.System));
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
