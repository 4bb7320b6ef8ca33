using System.Globalization;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

/// <summary>
/// Damages files at random: whatever comes of it is read, or refused with <see cref="BadInputException"/> that names
/// the file, in bounded memory. <c>CARAVAN_FUZZ_FACTOR</c> multiplies the number of inputs (default 1).
/// </summary>
internal static class Fuzzing
{
    private const long MaxAllocation = 64 << 20;

    private static readonly double Factor = double.Parse(
        Environment.GetEnvironmentVariable("CARAVAN_FUZZ_FACTOR") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>Opens <paramref name="rounds"/> damaged copies and gives how many were refused.</summary>
    /// <param name="good">The file's bytes.</param>
    /// <param name="rounds">How many, before the factor.</param>
    /// <param name="path">Where to put them.</param>
    /// <param name="open">Opens and reads the file.</param>
    /// <param name="mutate">Makes a damaged copy; by default cuts and changes bytes anywhere.</param>
    public static void Run(
        byte[] good, int rounds, string path, Action<string> open, Func<byte[], Random, byte[]>? mutate = null)
    {
        var random = new Random(rounds);
        var count = (int)(rounds * Factor);
        var refused = 0;
        for (var round = 0; round < count; round++)
        {
            File.WriteAllBytes(path, (mutate ?? Mutate)(good, random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                open(path);
            }
            catch (BadInputException e)
            {
                Assert.Contains(Path.GetFileName(path), e.Message);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        }
        // Mutations of numbers and names give legal files; the others must be caught.
        Assert.InRange(refused, count / 20, count - 1);
    }

    private static byte[] Mutate(byte[] good, Random random)
    {
        var bad = (byte[])good.Clone();
        switch (random.Next(8))
        {
            case 0:
                bad = bad[..random.Next(bad.Length)];
                break;
            case 1:
                var from = random.Next(bad.Length);
                return [.. bad[..from], .. bad[Math.Min(from + random.Next(1, 40), bad.Length)..]];
            case 2:
                var (at, length) = (random.Next(bad.Length), random.Next(1, 40));
                return [.. bad[..at], .. bad[Math.Max(0, at - length)..at], .. bad[at..]];
            default:
                break;
        }
        for (var i = random.Next(1, 4); i > 0 && bad.Length > 0; i--)
            bad[random.Next(bad.Length)] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
        return bad;
    }
}
