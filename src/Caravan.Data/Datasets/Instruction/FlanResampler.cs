using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Draws Tülu's sample from the full FLAN collection: from each part a fixed share, chosen without replacement and
/// copied in the file's order. Two passes, count and copy, so that no part is held in memory.
/// </summary>
public static class FlanResampler
{
    /// <summary>The shares of Tülu v1's sample of 100,000.</summary>
    public static IReadOnlyList<(string Part, decimal Share)> V1 { get; } =
    [
        ("flan_zsopt", .1m), ("flan_fsopt", .1m), ("flan_zsnoopt", .1m), ("flan_fsnoopt", .1m),
        ("t0_zsopt", .08m), ("t0_fsopt", .08m), ("t0_zsnoopt", .08m), ("t0_fsnoopt", .08m),
        ("niv2_zsopt", .1m), ("niv2_fsopt", .1m), ("cot_zsopt", .025m), ("cot_fsopt", .025m),
        ("dialog_zsopt", .015m), ("dialog_fsopt", .015m),
    ];

    /// <summary>The shares of Tülu v2's sample of 50,000, which has only prompts with worked examples.</summary>
    public static IReadOnlyList<(string Part, decimal Share)> V2 { get; } =
    [
        ("flan_fsopt", .2m), ("flan_fsnoopt", .2m), ("t0_fsopt", .16m), ("t0_fsnoopt", .16m), ("niv2_fsopt", .23m),
        ("cot_fsopt", .05m),
    ];

    /// <summary>
    /// Writes a sample of <paramref name="total"/> lines to <paramref name="output"/>. A part is
    /// <c>name.jsonl</c> or <c>name/name.jsonl</c> in <paramref name="folder"/>.
    /// </summary>
    /// <returns>The number of lines taken from each part.</returns>
    /// <exception cref="BadInputException">
    /// The shares do not add up to 1, or a part is missing or too small.
    /// </exception>
    public static IReadOnlyList<(string Part, int Lines)> Resample(
        string folder, IReadOnlyList<(string Part, decimal Share)> shares, int total, long seed, string output)
    {
        var sum = shares.Sum(share => share.Share);
        if (sum != 1)
            throw new BadInputException($"The shares of the FLAN parts add up to {sum}; they must add up to 1.");
        var raw = new RawFolder(folder);
        var plan = shares.Where(share => share.Share > 0)
            .Select(share => (share.Part, Location: raw.Need($"{share.Part}.jsonl", $"{share.Part}/{share.Part}.jsonl"),
                Lines: (int)(share.Share * total)))
            .Select(part => (
                part.Part, part.Location, part.Lines, Chosen: Choose(part.Location, part.Lines, seed, part.Part)))
            .ToList();
        AtomicFile.Write(output, stream =>
        {
            foreach (var part in plan)
            {
                var all = RecordFile.Read(part.Location);
                foreach (var record in all.Where(record => part.Chosen.Contains((int)record.Index)))
                {
                    stream.Write(record.Utf8.Span);
                    stream.WriteByte((byte)'\n');
                }
            }
        });
        return [.. plan.Select(part => (part.Part, part.Lines))];
    }

    private static HashSet<int> Choose(string location, int lines, long seed, string part)
    {
        var there = checked((int)RecordFile.Count(location));
        if (there < lines)
            throw new BadInputException($"{location}: {lines} lines are wanted and the file has only {there}.");
        return [.. new SeededRandom(seed, $"flan_v2/{part}").Sample(there, lines)];
    }
}
