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
        if (!double.IsFinite(amount) || amount <= 0 || (amount >= 1 && amount != Math.Floor(amount)))
        {
            throw new BadInputException(
                $"A held-out amount of {amount} is neither a fraction between 0 and 1 nor a whole number of records.");
        }
        var count = amount < 1 ? Math.Max(1, Math.Floor(amount * records.Count)) : amount;
        if (count >= records.Count)
        {
            throw new BadInputException(
                $"Holding out {count:0} of {records.Count} records leaves nothing to train on. Hold out fewer.");
        }
        ulong[] ranks = [.. records.Select(record => Rank(record, seed))];
        var last = ranks.Order().ElementAt((int)count - 1);
        List<InstructionRecord> train = [], heldOut = [];
        for (var i = 0; i < records.Count; i++)
            (ranks[i] <= last ? heldOut : train).Add(records[i]);
        if (train.Count == 0)
        {
            throw new BadInputException(
                "The records all have the same dataset and id, so they cannot be split. Give them ids of their own.");
        }
        return (train, heldOut);
    }

    private static ulong Rank(InstructionRecord record, long seed) => BinaryPrimitives.ReadUInt64LittleEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{record.Dataset}/{record.Id}")));
}
