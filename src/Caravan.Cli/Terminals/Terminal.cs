using Spectre.Console;

namespace Caravan.Cli.Terminals;

/// <summary>
/// Standard input, output and error, and how to write there: width, colours, whether a person watches.
/// </summary>
internal sealed class Terminal
{
    private const int WidthWithoutTerminal = 100;
    private const int NarrowestWidth = 40;

    private IAnsiConsole? _console, _errorConsole;

    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether colours are wanted where the output is a terminal.</summary>
    public bool AllowsColours { get; init; }

    /// <summary>Columns to lay out text in.</summary>
    public int Width { get; init; } = WidthWithoutTerminal;

    /// <summary>Tables and live displays on standard output.</summary>
    public IAnsiConsole Console => _console ??= CreateConsole(Out, OutIsTerminal);

    /// <summary>Tables and live displays on standard error.</summary>
    public IAnsiConsole ErrorConsole => _errorConsole ??= CreateConsole(Error, ErrorIsTerminal);

    public static Terminal OfThisProcess() => new()
    {
        In = System.Console.In,
        Out = System.Console.Out,
        Error = System.Console.Error,
        InIsTerminal = !System.Console.IsInputRedirected,
        OutIsTerminal = !System.Console.IsOutputRedirected,
        ErrorIsTerminal = !System.Console.IsErrorRedirected,
        // no-color.org: any value but the empty one switches colours off.
        AllowsColours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not "dumb",
        Width = System.Console.IsOutputRedirected && System.Console.IsErrorRedirected
            ? WidthWithoutTerminal
            : Math.Max(System.Console.WindowWidth, NarrowestWidth),
    };

    /// <summary>Writes <c>caravan: error: …</c> as one paragraph on standard error.</summary>
    public void WriteError(string message)
    {
        const string prefix = "caravan: error: ";
        var text = prefix + RunningText.Join(UntrustedText.Harmless(message));
        if (ErrorIsTerminal)
            text = RunningText.Wrap(text, Width);
        if (ErrorIsTerminal && AllowsColours)
            text = $"\e[1;31m{prefix.TrimEnd()}\e[0m {text[prefix.Length..]}";
        Error.WriteLine(text);
    }

    /// <summary>Undoes what a live display that was cut off may have done to the terminal.</summary>
    public void ShowCursor()
    {
        if (OutIsTerminal)
            Out.Write("\e[?25h");
    }

    /// <summary>The next line of standard input; null at its end.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled while waiting.</exception>
    public string? ReadLine(CancellationToken cancellation) => Wait(In.ReadLine, cancellation);

    /// <summary>All that is left of standard input.</summary>
    /// <inheritdoc cref="ReadLine"/>
    public string ReadToEnd(CancellationToken cancellation) => Wait(In.ReadToEnd, cancellation);

    // A read from a terminal cannot be cancelled, so it is left behind on a thread of its own.
    private static T Wait<T>(Func<T> read, CancellationToken cancellation)
    {
        var reading = Task.Factory.StartNew(read, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task.WaitAny([reading], cancellation);
        return reading.GetAwaiter().GetResult();
    }

    private IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && AllowsColours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }
}
