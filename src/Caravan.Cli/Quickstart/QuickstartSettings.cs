namespace Caravan.Cli.Quickstart;

/// <summary>What a person can choose.</summary>
/// <param name="Seed">Of the instructions, the initial weights and the order of training.</param>
/// <param name="MaxSteps">Ends training early, on few instructions; null: the whole recipe.</param>
internal sealed record QuickstartSettings(long Seed, int? MaxSteps);
