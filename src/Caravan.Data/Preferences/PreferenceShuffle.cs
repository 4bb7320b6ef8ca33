using Caravan.Data.Json;
using Caravan.Data.Sources;

namespace Caravan.Data.Preferences;

/// <summary>
/// Records in random order, however many: they wait in a temporary file, and memory holds only where each of them is.
/// </summary>
internal static class PreferenceShuffle
{
    /// <summary>The records in an order that the generator decides; all are read before the first is given.</summary>
    public static IEnumerable<PreferenceRecord> Of(
        IEnumerable<PreferenceRecord> records, SeededRandom random, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("caravan-shuffle-");
        try
        {
            var path = Path.Combine(folder.FullName, "pairs.jsonl");
            PreferenceFile.Write(path, records);
            using var lines = new LineIndex(path);
            var buffer = new byte[1 << 16];
            foreach (var line in random.Sample(lines.Count, lines.Count))
            {
                cancellation.ThrowIfCancellationRequested();
                var raw = lines.Record(line, lines.Read(line, ref buffer));
                using var document = JsonRecord.Parse(raw, out _);
                yield return PreferenceFile.Parse(document.RootElement, raw);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
