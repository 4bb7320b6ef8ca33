namespace Caravan.Checkpoints.Tests;

public sealed class OrderedWorkTests
{
    [Fact]
    public void Run_ManyPieces_DoesEachOnceAndNoMoreThanAllowedAtATime()
    {
        var done = new int[100];
        int running = 0, most = 0;
        OrderedWork.Run(done.Length, 3, (i, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref running));
            Interlocked.Increment(ref done[i]);
            Thread.Yield();
            Interlocked.Decrement(ref running);
        }, default);
        Assert.All(done, count => Assert.Equal(1, count));
        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public void Run_APieceFails_StopsTheOthersAndThrowsItsException()
    {
        var begun = 0;
        var error = Assert.Throws<InvalidDataException>(() => OrderedWork.Run(1000, 2, (i, stop) =>
        {
            Interlocked.Increment(ref begun);
            if (i == 1)
                throw new InvalidDataException("one");
            stop.WaitHandle.WaitOne();
            stop.ThrowIfCancellationRequested();
        }, default));
        Assert.Equal("one", error.Message);
        Assert.Equal(2, begun);
    }

    [Fact]
    public void Run_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => OrderedWork.Run(2, 1, (i, _) =>
        {
            Assert.Equal(0, i);
            stop.Cancel();
        }, stop.Token));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
