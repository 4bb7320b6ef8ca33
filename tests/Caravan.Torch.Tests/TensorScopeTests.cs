using System.Runtime.CompilerServices;

namespace Caravan.Torch.Tests;

public class TensorScopeTests
{
    [Fact]
    public void Dispose_FreesWhatWasNotKept()
    {
        var before = Tensor.LiveCount;
        Tensor kept;
        using (var outer = new TensorScope())
        {
            using (var inner = new TensorScope())
                kept = inner.Keep(Tensor.ones([4]) * 2 + 1);
            Assert.Equal(before + 1, Tensor.LiveCount);
            Assert.Equal(12, kept.sum().item());
        }
        Assert.Equal(before, Tensor.LiveCount);
        Assert.Throws<ObjectDisposedException>(() => kept.sum());
    }

    [Fact]
    public void Owned_SurvivesEveryScope()
    {
        Tensor owned;
        using (new TensorScope())
            owned = Tensor.ones([1]).Owned();
        Assert.Equal(1, owned.item());
        owned.Dispose();
    }

    [Fact]
    public void Dispose_OutOfOrder_Throws()
    {
        var outer = new TensorScope();
        var inner = new TensorScope();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void ForgottenTensors_AreFreedByTheCollector()
    {
        Collect();
        var before = Tensor.LiveCount;
        MakeGarbage();
        Collect();
        Assert.Equal(before, Tensor.LiveCount);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeGarbage()
    {
        for (var i = 0; i < 10; i++)
            Tensor.ones([1]);
    }
}
