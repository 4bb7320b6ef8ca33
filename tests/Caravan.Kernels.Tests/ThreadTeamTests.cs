using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public class ThreadTeamTests
{
    [Fact]
    public void Run_EveryItemOnce()
    {
        for (var round = 0; round < 200; round++)
        {
            var counts = new int[1 + round * 7 % 100];
            ThreadTeam.Run(counts.Length, long.MaxValue, item => Interlocked.Increment(ref counts[item]));
            Assert.All(counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Run_AfterAPause_WakesItsThreads()
    {
        var threads = new HashSet<int>();
        using var both = new CountdownEvent(2);
        var before = Libtorch.Threads;
        Libtorch.Threads = 2;
        ThreadTeam.Run(2, long.MaxValue, _ => { });
        Thread.Sleep(50);
        // Neither item ends before the other has begun, so that one thread alone would wait for ever.
        ThreadTeam.Run(2, long.MaxValue, _ =>
        {
            lock (threads)
                threads.Add(Environment.CurrentManagedThreadId);
            both.Signal();
            Assert.True(both.Wait(TimeSpan.FromSeconds(30)));
        });
        Libtorch.Threads = before;
        Assert.Equal(2, threads.Count);
    }

    [Fact]
    public void Run_WithinAnItem_RunsOnTheItemsThread()
    {
        var sum = 0;
        ThreadTeam.Run(4, long.MaxValue, _ =>
            ThreadTeam.Run(5, long.MaxValue, inner => Interlocked.Add(ref sum, inner)));
        Assert.Equal(40, sum);
    }

    [Fact]
    public void Run_AnItemThatThrows_ThrowsInTheCallerAndTheTeamGoesOn()
    {
        for (var round = 0; round < 20; round++)
        {
            var error = Assert.Throws<TimeoutException>(() => ThreadTeam.Run(50, long.MaxValue, item =>
            {
                if (item == 20)
                    throw new TimeoutException("on purpose");
            }));
            Assert.Equal("on purpose", error.Message);
        }
    }
}
