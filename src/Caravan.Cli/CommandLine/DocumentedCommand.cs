using System.CommandLine;

namespace Caravan.Cli.CommandLine;

/// <summary>A command whose help page ends with examples.</summary>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    public required IReadOnlyList<Example> Examples { get; init; }
}
