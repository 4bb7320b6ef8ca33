using System.Runtime.CompilerServices;

namespace Caravan.Torch.Tests;

public class TensorTests
{
    [Fact]
    public void Arithmetic_FollowsBroadcasting()
    {
        using var scope = new TensorScope();
        var rows = Tensor.tensor([1f, 2f, 3f, 4f], 2, 2);
        var sum = rows * 2 + Tensor.tensor([10f, 20f]);
        Assert.Equal([12f, 24f, 16f, 28f], sum.Data<float>());
        Assert.Equal([2L, 2L], sum.Shape);
    }

    [Fact]
    public void Matmul_OfBfloat16_GivesBfloat16()
    {
        using var scope = new TensorScope();
        var a = Tensor.ones([3, 4], Dtype.BFloat16);
        var product = a.matmul(a.t());
        Assert.Equal(Dtype.BFloat16, product.Dtype);
        Assert.All(product.to(Dtype.Float32).Data<float>().ToArray(), value => Assert.Equal(4f, value));
    }

    [Theory]
    [InlineData(Dtype.Float32), InlineData(Dtype.BFloat16), InlineData(Dtype.Float16), InlineData(Dtype.Int64)]
    [InlineData(Dtype.Int32), InlineData(Dtype.UInt8), InlineData(Dtype.Bool)]
    public void Zeros_OfEveryType_HasThatType(Dtype dtype)
    {
        using var zeros = Tensor.zeros([2, 3], dtype);
        Assert.Equal(dtype, zeros.Dtype);
        Assert.Equal(6, zeros.Count);
        Assert.False(zeros.any().item() != 0);
    }

    [Fact]
    public void Data_OfAnotherType_Throws()
    {
        using var tensor = Tensor.zeros([2]);
        Assert.Throws<InvalidOperationException>(() => tensor.Data<int>());
    }

    [Fact]
    public void Data_OfATransposedTensor_Throws()
    {
        using var scope = new TensorScope();
        var tensor = Tensor.zeros([2, 3]).t();
        Assert.Throws<InvalidOperationException>(() => tensor.Data<float>());
    }

    [Fact]
    public void Mismatch_GivesLibtorchsMessageWithoutItsBacktrace()
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<TorchException>(() => Tensor.zeros([2, 3]).matmul(Tensor.zeros([2, 3])));
        Assert.Contains("2x3 and 2x3", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
    }

    [Fact]
    public void UnknownOperator_IsNamed()
    {
        var missing = new Operator("aten::surely_not");
        Assert.False(missing.Exists);
        var error = Assert.Throws<TorchException>(() => missing.Call(1L));
        Assert.Contains("aten::surely_not", error.Message);
    }

    [Fact]
    public void OperatorWithTooFewArguments_NamesTheMissingOne()
    {
        using var tensor = Tensor.zeros([2]);
        var error = Assert.Throws<TorchException>(() => new Operator("aten::mm").Call(tensor));
        Assert.Contains("'mat2' is missing", error.Message);
    }

    [Fact]
    public void Lists_LongerThanTheScratchMemory_ArePassedWhole()
    {
        using var scope = new TensorScope();
        var parts = Enumerable.Range(0, 100).Select(i => Tensor.full([1], i)).ToArray();
        Assert.Equal(4950, Tensor.cat(parts).sum().item());
    }

    [Fact]
    public void Split_GivesAllParts()
    {
        using var scope = new TensorScope();
        var parts = Tensor.arange(0, 10, dtype: Dtype.Float32).split(4);
        Assert.Equal([4L, 4L, 2L], parts.Select(part => part.Size(0)));
        Assert.Equal([8f, 9f], parts[2].Data<float>());
    }

    [Fact]
    public void FromBlob_SharesMemoryAndKeepsItsOwnerAlive()
    {
        var memory = GC.AllocateArray<float>(3, pinned: true);
        var (tensor, owner) = Wrap(memory);
        GC.Collect();
        Assert.True(owner.IsAlive);
        memory[1] = 7;
        Assert.Equal([0f, 7f, 0f], tensor.Data<float>());
        tensor.Dispose();
        GC.Collect();
        Assert.False(owner.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe (Tensor, WeakReference) Wrap(float[] pinned)
    {
        var owner = new object();
        fixed (float* data = pinned)
            return (Tensor.from_blob(data, [pinned.Length], Dtype.Float32, owner), new WeakReference(owner));
    }

    [Fact]
    public void DisposedTensor_RefusesUse()
    {
        var tensor = Tensor.zeros([1]);
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.add(1));
    }
}
