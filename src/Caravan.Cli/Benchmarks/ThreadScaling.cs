using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Torch;

namespace Caravan.Cli.Benchmarks;

/// <summary>How many times as much several threads do in a second as one does: medians of turns in one process, since
/// virtual machines change their speed from one minute to the next.</summary>
/// <param name="Registers">Of a loop within registers: what the processor's cores are apart.</param>
/// <param name="Copies">Of copying memory.</param>
/// <param name="Step">Of a training step.</param>
internal sealed record ThreadScaling(int Threads, double Registers, double Copies, double Step)
{
    private const int Rounds = 5;
    private const int Multiplications = 20_000_000;
    private const int CopiedBytes = 64 << 20;

    public static ThreadScaling Measure(TrainingCase measured)
    {
        using var step = new TrainingStep(measured);
        var copies = Enumerable.Range(0, measured.Threads)
            .Select(_ => (From: new byte[CopiedBytes], To: new byte[CopiedBytes])).ToArray();
        return new(
            measured.Threads,
            Ratio(measured.Threads, threads => OnThreads(threads, _ => Multiply()), isShared: false),
            Ratio(measured.Threads, threads => OnThreads(
                threads, i => copies[i].From.CopyTo(copies[i].To.AsSpan())), isShared: false),
            Ratio(measured.Threads, threads =>
            {
                Libtorch.Threads = threads;
                step.Run();
            }, isShared: true));
    }

    public string ToJson() => JsonSerializer.Serialize(this, ThreadScalingJson.Default.ThreadScaling);

    public static ThreadScaling FromJson(string text) =>
        JsonSerializer.Deserialize(text, ThreadScalingJson.Default.ThreadScaling)
        ?? throw new FormatException("no result");

    // One and several threads, several and one, so that a drift of the machine meets both alike.
    private static double Ratio(int threads, Action<int> run, bool isShared)
    {
        var (ofOne, ofAll) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            foreach (var count in new[] { 1, threads, threads, 1 })
            {
                var start = Stopwatch.GetTimestamp();
                run(count);
                if (round >= 0)
                    (count == 1 ? ofOne : ofAll).Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }
        var ratio = Median(ofOne) / Median(ofAll);
        // Threads that each do what the one does.
        return Math.Round(isShared ? ratio : threads * ratio, 2);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static void OnThreads(int count, Action<int> body)
    {
        var threads = Enumerable.Range(1, count - 1).Select(i => new Thread(() => body(i))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        body(0);
        foreach (var thread in threads)
            thread.Join();
    }

    // The result is for the compiler, which must not leave the loop out.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Multiply()
    {
        var factor = Vector<float>.One;
        Vector<float> a = factor, b = factor, c = factor, d = factor, e = factor, f = factor, g = factor, h = factor;
        for (var i = 0; i < Multiplications; i++)
        {
            (a, b, c, d) = (a * factor, b * factor, c * factor, d * factor);
            (e, f, g, h) = (e * factor, f * factor, g * factor, h * factor);
        }
        return Vector.Sum(a + b + c + d + e + f + g + h);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ThreadScaling))]
internal sealed partial class ThreadScalingJson : JsonSerializerContext;
