using System.Diagnostics;
using System.Text.Json;
using Caravan.Text;

namespace Caravan.TextBenchmarks;

/// <summary>Whether time grows with the length of a text without any boundary, and not with its square.</summary>
internal static class LongWord
{
    private static readonly int[] Lengths = [1_000_000, 10_000_000];

    /// <summary>Text in which nothing repeats, and text in which everything does.</summary>
    private static readonly string[] Alphabets = ["abcdefghij", "a"];

    public static IEnumerable<string> Measure(string tokenizerFolder)
    {
        var tokenizer = Tokenizer.Load(tokenizerFolder);
        foreach (var letters in Alphabets)
        {
            var random = new Random(1);
            var texts = Array.ConvertAll(
                Lengths, length => string.Create(length, random, (chars, source) => source.GetItems(letters, chars)));
            for (var i = 0; i < 5; i++)
                tokenizer.Encode(texts[0]);
            // The buffers grow at the first text of that length.
            tokenizer.Encode(texts[^1]);
            foreach (var text in texts)
            {
                var start = Stopwatch.GetTimestamp();
                var tokens = tokenizer.Encode(text).Length;
                yield return JsonSerializer.Serialize(new Dictionary<string, object>
                {
                    ["engine"] = "caravan",
                    ["tokenizer"] = Path.GetFileName(tokenizerFolder.TrimEnd('/')),
                    ["word_length"] = text.Length,
                    ["letters"] = letters,
                    ["seconds"] = Stopwatch.GetElapsedTime(start).TotalSeconds,
                    ["tokens"] = tokens,
                });
            }
        }
    }
}
