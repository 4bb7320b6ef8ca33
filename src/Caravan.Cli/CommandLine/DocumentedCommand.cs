using System.CommandLine;

namespace Caravan.Cli.CommandLine;

/// <summary>A command whose help page ends with examples.</summary>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    public required IReadOnlyList<Example> Examples { get; init; }

    /// <summary>Options of the scripts whose work the command does that it lacks, and what stands for them.</summary>
    public IReadOnlyDictionary<string, string> ScriptOptions { get; init; } = new Dictionary<string, string>();
}
