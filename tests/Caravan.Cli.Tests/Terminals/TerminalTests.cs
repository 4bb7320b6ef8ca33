using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Terminals;

public sealed class TerminalTests
{
    private const string Long = "model.safetensors: the tensor model.norm.weight has 32 elements where config.json asks for 64.";

    [Fact]
    public void WriteError_NoTerminal_IsOneLineWithoutColours()
    {
        var error = new StringWriter { NewLine = "\n" };
        Create(error, isTerminal: false, colours: true).WriteError($"{Long}\n  {Long}");
        Assert.Equal($"caravan: error: {Long} {Long}\n", error.ToString());
    }

    [Fact]
    public void WriteError_Terminal_WrapsAtItsWidth()
    {
        var error = new StringWriter { NewLine = "\n" };
        Create(error, isTerminal: true, colours: false).WriteError(Long);
        Assert.Equal(
            "caravan: error: model.safetensors: the tensor\nmodel.norm.weight has 32 elements where\n" +
            "config.json asks for 64.\n",
            error.ToString());
    }

    [Fact]
    public void WriteError_ColourTerminal_ColoursOnlyThePrefix()
    {
        var error = new StringWriter { NewLine = "\n" };
        Create(error, isTerminal: true, colours: true).WriteError("short");
        Assert.Equal("\e[1;31mcaravan: error:\e[0m short\n", error.ToString());
    }

    [Fact]
    public void ReadLine_StopRequestedWhileWaiting_Throws()
    {
        using var never = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
        var terminal = new Terminal { In = new WaitingReader(never), Out = TextWriter.Null, Error = TextWriter.Null };
        Assert.Throws<OperationCanceledException>(() => terminal.ReadLine(cancellation.Token));
        never.Set();
    }

    private static Terminal Create(TextWriter error, bool isTerminal, bool colours) => new()
    {
        In = TextReader.Null,
        Out = TextWriter.Null,
        Error = error,
        ErrorIsTerminal = isTerminal,
        AllowsColours = colours,
        Width = 48,
    };

    private sealed class WaitingReader(ManualResetEventSlim until) : TextReader
    {
        public override string? ReadLine()
        {
            until.Wait();
            return null;
        }
    }
}
