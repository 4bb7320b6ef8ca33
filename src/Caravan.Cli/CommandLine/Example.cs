namespace Caravan.Cli.CommandLine;

/// <summary>A command line that works, for the end of a help page.</summary>
internal sealed record Example(string CommandLine, string Purpose);
