using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Caravan.Data.Deduplication;

/// <summary>
/// Finds records that say what an earlier one said: exactly, blanks at the ends of messages aside, or nearly, by
/// MinHash over all of a record's text. The first of each is kept.
/// </summary>
/// <param name="threshold">
/// The Jaccard similarity of runs of five words from which records are near-duplicates; null for exact ones only.
/// </param>
public sealed class Deduplicator(double? threshold = null)
{
    // 32 bands of 4: a pair of similarity 0.5 meets in some band in 87 of 100 cases, one of 0.7 in all but 2 of 10,000.
    private const int Bands = 32;
    private const int Rows = MinHash.Size / Bands;

    /// <summary>A record that goes, why, and the earlier one that it repeats.</summary>
    public sealed record Duplicate(InstructionRecord Record, InstructionRecord Of, double Similarity);

    /// <summary>
    /// Each record in order with the duplicate that it is, or null if it stays. Keys and signatures of what stays are
    /// held in memory, 2.5 KB a record with near-duplicates and 100 bytes without.
    /// </summary>
    public IEnumerable<(InstructionRecord Record, Duplicate? Duplicate)> Find(
        IEnumerable<InstructionRecord> records, CancellationToken cancellation = default)
    {
        var exact = new Dictionary<UInt128, int>();
        var bands = new Dictionary<(int Band, UInt128 Key), List<int>>();
        List<InstructionRecord> kept = [];
        List<uint[]> signatures = [];
        var measured = OrderedParallel.Map(records.Chunk(64), chunk => Array.ConvertAll(chunk, Measure),
            Environment.ProcessorCount, cancellation);
        foreach (var (record, key, signature) in measured.SelectMany(chunk => chunk))
        {
            var place = new InstructionRecord(record.Dataset, record.Id, []) { Origin = record.Origin };
            if (exact.TryGetValue(key, out var same))
            {
                yield return (record, new Duplicate(record, kept[same], 1));
                continue;
            }
            if (signature is not null && Near(signature, bands, signatures) is var (near, similarity))
            {
                yield return (record, new Duplicate(record, kept[near], similarity));
                continue;
            }
            exact.Add(key, kept.Count);
            if (signature is not null)
                Enter(signature, bands, signatures, kept.Count);
            kept.Add(place);
            yield return (record, null);
        }
    }

    private (InstructionRecord Record, UInt128 Key, uint[]? Signature) Measure(InstructionRecord record)
    {
        var text = new StringBuilder();
        foreach (var (role, content) in record.Messages)
            text.Append(role).Append('\u001F').Append(Whitespace.Trim(content)).Append('\u001E');
        var whole = text.ToString();
        var key = MemoryMarshal.Read<UInt128>(SHA256.HashData(Encoding.UTF8.GetBytes(whole)));
        return (record, key, threshold is null ? null : MinHash.Signature(whole));
    }

    private (int Index, double Similarity)? Near(
        uint[] signature, Dictionary<(int, UInt128), List<int>> bands, List<uint[]> signatures)
    {
        var seen = new HashSet<int>();
        (int Index, double Similarity)? best = null;
        for (var band = 0; band < Bands; band++)
        {
            foreach (var candidate in bands.GetValueOrDefault((band, Key(signature, band)), []))
            {
                if (!seen.Add(candidate))
                    continue;
                var similarity = MinHash.Similarity(signature, signatures[candidate]);
                if (similarity >= threshold && (best is null || similarity > best.Value.Similarity))
                    best = (candidate, similarity);
            }
        }
        return best;
    }

    private static void Enter(
        uint[] signature, Dictionary<(int, UInt128), List<int>> bands, List<uint[]> signatures, int index)
    {
        for (var band = 0; band < Bands; band++)
        {
            ref var entries = ref CollectionsMarshal.GetValueRefOrAddDefault(
                bands, (band, Key(signature, band)), out _);
            (entries ??= []).Add(index);
        }
        signatures.Add(signature);
    }

    private static UInt128 Key(uint[] signature, int band) =>
        MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(signature.AsSpan(band * Rows, Rows)));
}
