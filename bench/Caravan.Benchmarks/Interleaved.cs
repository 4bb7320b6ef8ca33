using System.Diagnostics;

namespace Caravan.Benchmarks;

/// <summary>
/// Times several ways of doing the same in turn, so that whatever else the machine does meets all of them alike, and
/// takes the best time of each. That is why this is not BenchmarkDotNet, which measures one after the other.
/// </summary>
internal static class Interleaved
{
    private const int Rounds = 15;
    private const double SecondsOfRound = 0.03;

    /// <summary>Best seconds of one call, by candidate.</summary>
    internal static double[] Seconds(params Action[] candidates)
    {
        var calls = new int[candidates.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            // Long enough for the runtime to compile the code a second time, optimised.
            var warm = Stopwatch.StartNew();
            var count = 0;
            for (; count < 40 || warm.Elapsed.TotalSeconds < 0.4; count++)
            {
                candidates[i]();
                if (warm.Elapsed.TotalSeconds > 3)
                    break;
            }
            calls[i] = Math.Max(1, (int)(SecondsOfRound / (warm.Elapsed.TotalSeconds / (count + 1))));
        }
        var best = new double[candidates.Length];
        Array.Fill(best, double.PositiveInfinity);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var call = 0; call < calls[i]; call++)
                    candidates[i]();
                best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalSeconds / calls[i]);
            }
        }
        return best;
    }
}
