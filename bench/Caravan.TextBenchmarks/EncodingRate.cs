using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Caravan.Text;

namespace Caravan.TextBenchmarks;

/// <summary>How fast one thread encodes documents, one after the other.</summary>
internal static class EncodingRate
{
    private const int Rounds = 5;

    public static string Measure(string tokenizerFolder, string textsFile)
    {
        string[] texts = [.. File.ReadLines(textsFile).Select(line => JsonSerializer.Deserialize<string>(line)!)];
        var warm = Tokenizer.Load(tokenizerFolder);
        // Long enough for the runtime to compile everything a second time, optimised.
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < 2)
            Encode(warm, texts);

        // Nothing that this one remembers is of use before it has seen it.
        var cold = Tokenizer.Load(tokenizerFolder);
        cold.Encode("");
        var first = Timed(cold, texts).Seconds;
        var best = Enumerable.Range(0, Rounds).Min(_ => Timed(warm, texts).Seconds);
        var (_, tokens, allocated) = Timed(warm, texts);
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["engine"] = "caravan",
            ["tokenizer"] = Path.GetFileName(tokenizerFolder.TrimEnd('/')),
            ["texts"] = Path.GetFileNameWithoutExtension(textsFile),
            ["bytes"] = texts.Sum(Encoding.UTF8.GetByteCount),
            ["tokens"] = tokens,
            ["seconds"] = best,
            ["first_seconds"] = first,
            // What is left when the arrays that are handed out are taken away.
            ["allocated_per_token"] = (double)(allocated - (4L * tokens) - (32L * texts.Length)) / tokens,
        });
    }

    private static (double Seconds, int Tokens, long Allocated) Timed(Tokenizer tokenizer, string[] texts)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        var tokens = Encode(tokenizer, texts);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (seconds, tokens, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static int Encode(Tokenizer tokenizer, string[] texts)
    {
        var tokens = 0;
        foreach (var text in texts)
            tokens += tokenizer.Encode(text, addSpecialTokens: false).Length;
        return tokens;
    }
}
