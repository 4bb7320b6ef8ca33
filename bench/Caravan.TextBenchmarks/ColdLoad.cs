using System.Diagnostics;
using System.Text.Json;
using Caravan.Text;

namespace Caravan.TextBenchmarks;

/// <summary>
/// How long a fresh process takes to load a tokenizer and encode a first text: everything but the runtime's own start,
/// so also the compilation of the code.
/// </summary>
internal static class ColdLoad
{
    public static string Measure(string tokenizerFolder)
    {
        var start = Stopwatch.GetTimestamp();
        var tokenizer = Tokenizer.Load(tokenizerFolder);
        var loaded = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var ids = tokenizer.Encode("The caravan sets out before dawn; 12 camels carry salt.");
        var encoded = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["engine"] = "caravan",
            ["tokenizer"] = Path.GetFileName(tokenizerFolder.TrimEnd('/')),
            ["load_ms"] = loaded,
            ["first_encoding_ms"] = encoded - loaded,
            ["ids"] = ids.Length,
            ["vocabulary"] = tokenizer.VocabularySize,
        });
    }
}
