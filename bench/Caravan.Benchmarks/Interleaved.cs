using System.Diagnostics;

namespace Caravan.Benchmarks;

/// <summary>Least time of one call, in seconds.</summary>
/// <param name="Wall">By the clock.</param>
/// <param name="Processor">Of all threads together: what counts on a machine that others use as well.</param>
internal readonly record struct Timing(double Wall, double Processor);

/// <summary>
/// Times several ways of doing the same in turn, so that whatever else the machine does meets all of them alike, and
/// takes the best time of each. That is why this is not BenchmarkDotNet, which measures one after the other.
/// </summary>
internal static class Interleaved
{
    private const int Rounds = 12;
    private const double SecondsOfRound = 0.03;

    /// <summary>The times of each candidate.</summary>
    internal static Timing[] Run(params Action[] candidates)
    {
        var calls = Array.ConvertAll(candidates, Warm);
        var best = new Timing[candidates.Length];
        Array.Fill(best, new(double.PositiveInfinity, double.PositiveInfinity));
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                var (start, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                for (var call = 0; call < calls[i]; call++)
                    candidates[i]();
                best[i] = new(
                    Math.Min(best[i].Wall, Stopwatch.GetElapsedTime(start).TotalSeconds / calls[i]),
                    Math.Min(best[i].Processor, (Environment.CpuUsage.TotalTime - used).TotalSeconds / calls[i]));
            }
        }
        return best;
    }

    // Runs long enough for the runtime to compile the code a second time, optimised; how many calls make a round.
    private static int Warm(Action candidate)
    {
        var clock = Stopwatch.StartNew();
        var count = 0;
        while (count < 40 || clock.Elapsed.TotalSeconds < 0.5)
        {
            candidate();
            count++;
            if (clock.Elapsed.TotalSeconds > 2)
                break;
        }
        return Math.Max(1, (int)(SecondsOfRound * count / clock.Elapsed.TotalSeconds));
    }
}
