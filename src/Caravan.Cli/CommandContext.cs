using Caravan.Cli.Terminals;

namespace Caravan.Cli;

/// <summary>What a command has around it: where it reads and writes, the wish to stop, the clock. Tests give their
/// own.</summary>
internal sealed record CommandContext(Terminal Terminal, StopRequest Stop, TimeProvider Clock);
