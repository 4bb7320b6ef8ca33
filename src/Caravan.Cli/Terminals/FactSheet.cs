using Spectre.Console;

namespace Caravan.Cli.Terminals;

/// <summary>Names in a column on the left, their values on the right, wrapped.</summary>
internal static class FactSheet
{
    private const int Gap = 3;

    public static void Write(Terminal terminal, IEnumerable<(string Name, string Value)> facts)
    {
        var rows = facts.ToArray();
        var indent = rows.Max(row => row.Name.Length) + Gap;
        foreach (var (name, value) in rows)
        {
            terminal.Console.Markup($"[bold]{Markup.Escape(name)}[/]");
            terminal.Out.WriteLine(
                new string(' ', indent - name.Length) + RunningText.Wrap(value, terminal.Width, indent));
        }
    }
}
