using System.CommandLine;
using System.Globalization;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Commands;
using Caravan.Cli.Terminals;
using Caravan.Files;
using Caravan.Torch;
using Caravan.Training.Configuration;

namespace Caravan.Cli;

/// <summary>The entry: reads the command line, runs one command, turns what went wrong into a paragraph and an exit
/// code (see <see cref="ExitCode"/>).</summary>
public static class Program
{
    public static int Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        var terminal = Terminal.OfThisProcess();
        using var stop = StopRequest.OnSignals(terminal);
        return Run(args, new CommandContext(terminal, stop, TimeProvider.System));
    }

    /// <summary>Runs one command in the given surroundings and returns its exit code.</summary>
    internal static int Run(IReadOnlyList<string> args, CommandContext context)
    {
        var parsed = CaravanCommand.Create(context).Parse(args, new ParserConfiguration
        {
            EnablePosixBundling = false,
            ResponseFileTokenReplacer = null, // a prompt may begin with '@'
        });
        if (UsageErrors.Print(parsed, context.Terminal))
            return ExitCode.Usage;
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = context.Terminal.Out,
                Error = context.Terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // StopRequest listens to the signals
            });
        }
        catch (OperationCanceledException) when (context.Stop.IsRequested)
        {
            return context.Stop.ExitCode;
        }
        catch (ConfigurationException error)
        {
            foreach (var problem in error.Problems)
                context.Terminal.WriteError(problem);
            return error.IsUsage ? ExitCode.Usage : ExitCode.Failure;
        }
        catch (Exception error) when (error is BadInputException or IOException or UnauthorizedAccessException
            or TorchException or DllNotFoundException)
        {
            context.Terminal.WriteError(error.Message);
            return ExitCode.Failure;
        }
    }
}
