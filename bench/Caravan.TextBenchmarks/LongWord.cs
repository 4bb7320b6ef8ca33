using System.Diagnostics;
using System.Text.Json;
using Caravan.Text;

namespace Caravan.TextBenchmarks;

/// <summary>Whether time grows with the length of a text without any boundary, and not with its square.</summary>
internal static class LongWord
{
    private static readonly int[] Lengths = [1_000_000, 10_000_000];

    public static IEnumerable<string> Measure(string tokenizerFolder)
    {
        var tokenizer = Tokenizer.Load(tokenizerFolder);
        var random = new Random(1);
        var texts = Array.ConvertAll(
            Lengths, length => string.Create(length, random, (chars, source) => source.GetItems("abcdefghij", chars)));
        for (var i = 0; i < 5; i++)
            tokenizer.Encode(texts[0]);
        foreach (var text in texts)
        {
            var start = Stopwatch.GetTimestamp();
            var tokens = tokenizer.Encode(text).Length;
            yield return JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["engine"] = "caravan",
                ["tokenizer"] = Path.GetFileName(tokenizerFolder.TrimEnd('/')),
                ["word_length"] = text.Length,
                ["seconds"] = Stopwatch.GetElapsedTime(start).TotalSeconds,
                ["tokens"] = tokens,
            });
        }
    }
}
