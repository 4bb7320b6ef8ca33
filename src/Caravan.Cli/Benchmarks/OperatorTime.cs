namespace Caravan.Cli.Benchmarks;

/// <summary>What an operator takes of one training step.</summary>
/// <param name="Milliseconds">Of all its calls in the step.</param>
/// <param name="Gflops">10⁹ operations per second, where it is a matrix product.</param>
internal sealed record OperatorTime(string Name, double Milliseconds, double? Gflops);
