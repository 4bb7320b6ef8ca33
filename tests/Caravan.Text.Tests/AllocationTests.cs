using System.Diagnostics;

namespace Caravan.Text.Tests;

public sealed class AllocationTests
{
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(60);

    private static readonly string Text = string.Concat(Enumerable.Range(0, 3000).Select(
        i => $"Caravan {i} carries cafe\u0301, sa\u00f1d, {i * i} bales of \u0441\u043e\u043b\u044c.\n  \u5317\u4eac"));

    [Theory]
    [InlineData("tokenizers/llama2")]
    [InlineData("tokenizers/pythia")]
    [InlineData("tokenizers/opt")]
    [InlineData("tokenizers/olmo2")]
    public void Encode_LongText_AllocatesNothingButTheIds(string name)
    {
        var tokenizer = RealTokenizers.Get(name);
        var (ids, least) = (tokenizer.Encode(Text), long.MaxValue);
        // Code that the runtime has not optimised yet may put numbers into objects, and it optimises nothing while other
        // tests still bring it new code.
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < LongestWarmUp; Thread.Sleep(20))
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ids = tokenizer.Encode(Text);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            if (least <= (ids.Length * sizeof(int)) + 2000)
                break;
        }

        Assert.True(ids.Length > 60_000);
        Assert.InRange(least, ids.Length * sizeof(int), (ids.Length * sizeof(int)) + 2000);
    }
}
