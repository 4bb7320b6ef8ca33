using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Data;
using Caravan.Text;

namespace Caravan.TrainingBenchmarks;

/// <summary>Records into tokens into filled rows, with the checks of a training run, and once more from the
/// cache.</summary>
internal static class Tokenization
{
    private const int RowLength = 2048;

    internal static string Measure(string file, string tokenizer)
    {
        var cache = Directory.CreateTempSubdirectory("caravan-bench-tokens-");
        try
        {
            var settings = new TokenizationSettings(Tokenizer.Load(tokenizer), ChatTemplate.Tulu, RowLength);
            var clock = Stopwatch.StartNew();
            using var made = TokenizedFile.Open(file, cache.FullName, settings);
            var set = RecordSelection.All(made).ToTrainingSet();
            var plan = new BatchPlan(set.Lengths, new BatchPlanSettings { Packing = true, MaxSeqLength = RowLength })
                .Epoch(0);
            var seconds = clock.Elapsed.TotalSeconds;
            clock.Restart();
            using var found = TokenizedFile.Open(file, cache.FullName, settings);
            return new JsonObject
            {
                ["records"] = made.Count,
                ["tokens"] = set.Lengths.Sum(length => (long)length),
                ["seconds"] = Math.Round(seconds, 2),
                ["records_per_minute"] = Math.Round(made.Count / seconds * 60),
                ["fill_ratio"] = Math.Round(plan.FillRatio, 4),
                ["seconds_from_the_cache"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
                ["peak_resident_mib"] = ResidentMemory.PeakMebibytes,
            }.ToJsonString();
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }
}
