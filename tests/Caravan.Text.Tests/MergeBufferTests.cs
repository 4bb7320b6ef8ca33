using Caravan.Text.Models;

namespace Caravan.Text.Tests;

/// <summary>Scanning, merging through a heap and merging in stretches all give what the rule gives.</summary>
public sealed class MergeBufferTests
{
    private const int Symbols = 6;

    [Theory]
    [InlineData(1_000_000, 256)]
    [InlineData(64, 8)]
    [InlineData(16, 3)]
    [InlineData(4, 1)]
    [InlineData(7, 0)]
    public void MergeAll_RandomMergesAndTexts_MergesTheLowestRankLeftmostFirst(int stretch, int margin)
    {
        var random = new Random(7);
        var buffer = new MergeBuffer(stretch, margin);
        for (var round = 0; round < 120; round++)
        {
            var merges = RandomMerges(random);
            for (var i = 0; i < 10; i++)
            {
                var text = RandomText(random, random.Next(1, 250));
                buffer.Clear();
                foreach (var symbol in text)
                    buffer.Add(symbol, 1 + (Math.Abs(symbol) % 3));

                buffer.MergeAll(merges);

                var (symbols, lengths) = MergeByTheRule(text, merges);
                Assert.Equal(symbols, buffer.Symbols.ToArray());
                Assert.Equal(lengths, buffer.ByteLengths.ToArray());
            }
        }
    }

    /// <summary>
    /// Any pair may become any symbol at any rank, shared ones included: far wilder than what training gives.
    /// </summary>
    private static MergeTable RandomMerges(Random random)
    {
        var count = random.Next(1, 40);
        var merges = new MergeTable(count);
        // Mostly new symbols, as in real vocabularies, where merging ends; a symbol above all others in wild ones.
        for (var i = 0; i < count; i++)
        {
            var known = random.Next(3) == 0 ? Symbols + i : Symbols;
            merges.Add(random.Next(known), random.Next(known), random.Next(1 + random.Next(count)), Symbols + i);
        }
        return merges;
    }

    private static int[] RandomText(Random random, int length)
    {
        var text = new int[length];
        var period = random.Next(1, 12);
        var repeats = random.Next(2) == 0;
        for (var i = 0; i < length; i++)
        {
            text[i] = repeats && i >= period && random.Next(40) > 0 ? text[i - period] : random.Next(Symbols);
            if (random.Next(100) == 0)
                text[i] = -1;
        }
        return text;
    }

    private static (List<int> Symbols, List<int> Lengths) MergeByTheRule(int[] text, MergeTable merges)
    {
        var symbols = text.ToList();
        var lengths = text.Select(symbol => 1 + (Math.Abs(symbol) % 3)).ToList();
        while (symbols.Count > 1)
        {
            var ranks = Enumerable.Range(0, symbols.Count - 1).Select(i => merges.Find(symbols[i], symbols[i + 1]))
                .Select(found => found >> 32).ToList();
            var best = ranks.IndexOf(ranks.Min());
            if (ranks[best] == MergeTable.None >> 32)
                break;
            symbols[best] = (int)merges.Find(symbols[best], symbols[best + 1]);
            lengths[best] += lengths[best + 1];
            symbols.RemoveAt(best + 1);
            lengths.RemoveAt(best + 1);
        }
        return (symbols, lengths);
    }
}
