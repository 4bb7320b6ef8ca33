namespace Caravan.Checkpoints.Tests;

/// <summary>Progress that is told at once, on the thread that makes it.</summary>
internal sealed class Counter(Action<long> report) : IProgress<long>
{
    public void Report(long value) => report(value);
}
