using Caravan.Cli.Terminals;
using Spectre.Console;

namespace Caravan.Cli.Live;

/// <summary>Shows on a terminal that something is going on.</summary>
internal static class Waiting
{
    /// <summary>Runs <paramref name="work"/> on this thread; what it reports is shown as the part done.</summary>
    public static T Show<T>(Terminal terminal, string whole, Func<IProgress<int>, T> work) => !terminal.OutIsTerminal
        ? work(new Listener(_ => { }))
        : terminal.Console.Status().Start($"0 of {Markup.Escape(whole)}", status =>
            work(new Listener(done => status.Status = $"{Quantity.Count(done)} of {Markup.Escape(whole)}")));

    private sealed class Listener(Action<int> listen) : IProgress<int>
    {
        public void Report(int value) => listen(value);
    }
}
