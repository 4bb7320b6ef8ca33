using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Caravan.Files;

namespace Caravan.Data;

/// <summary>
/// Sets some records aside to measure on. A record's side is a function of the seed and its dataset and id, so that it
/// does not depend on the records' order, and records of one name never stand on both sides.
/// </summary>
public static class HeldOutSplit
{
    /// <summary>
    /// Splits off <paramref name="amount"/> records: a number of them from 1 up, or a fraction below 1. Both sides keep
    /// the records' order. Records that share dataset and id with the last one chosen come along.
    /// </summary>
    /// <exception cref="BadInputException">The amount is not positive, or would leave nothing to train on.</exception>
    public static (List<InstructionRecord> Train, List<InstructionRecord> HeldOut) Split(
        IReadOnlyList<InstructionRecord> records, double amount, long seed)
    {
        var held = Choose(records.Count, i => (records[i].Dataset, records[i].Id), amount, seed);
        return ([.. records.Where((_, i) => !held[i])], [.. records.Where((_, i) => held[i])]);
    }

    /// <summary>The same for records that are known by their names: which of them are set aside.</summary>
    internal static bool[] Choose(int records, Func<int, (string Dataset, string Id)> name, double amount, long seed)
    {
        if (!double.IsFinite(amount) || amount <= 0 || (amount >= 1 && amount != Math.Floor(amount)))
        {
            throw new BadInputException(
                $"A held-out amount of {amount} is neither a fraction between 0 and 1 nor a whole number of records.");
        }
        var count = amount < 1 ? Math.Max(1, Math.Floor(amount * records)) : amount;
        if (count >= records)
        {
            throw new BadInputException(
                $"Holding out {count:0} of {records} records leaves nothing to train on. Hold out fewer.");
        }
        var ranks = new ulong[records];
        for (var i = 0; i < records; i++)
            ranks[i] = Rank(name(i), seed);
        var last = ranks.Order().ElementAt((int)count - 1);
        var held = Array.ConvertAll(ranks, rank => rank <= last);
        if (Array.TrueForAll(held, isHeld => isHeld))
        {
            throw new BadInputException(
                "The records all have the same dataset and id, so they cannot be split. Give them ids of their own.");
        }
        return held;
    }

    private static ulong Rank((string Dataset, string Id) record, long seed) => BinaryPrimitives.ReadUInt64LittleEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{record.Dataset}/{record.Id}")));
}
