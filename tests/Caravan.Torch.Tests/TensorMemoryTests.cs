namespace Caravan.Torch.Tests;

public sealed class TensorMemoryTests
{
    private const long Large = 3 << 20;

    [Fact]
    public void Live_CountsWhatThereIs_AndPeakWhatThereWas()
    {
        var before = TensorMemory.Live;
        TensorMemory.BeginPeak();
        using (Tensor.empty([Large], Dtype.UInt8))
        using (Tensor.empty([100], Dtype.UInt8))
            Assert.InRange(TensorMemory.Live - before, Large + 100, Large + 2000);
        Assert.Equal(before, TensorMemory.Live);
        Assert.InRange(TensorMemory.Peak - before, Large + 100, Large + 2000);
        TensorMemory.BeginPeak();
        Assert.Equal(before, TensorMemory.Peak);
    }

    [Fact]
    public unsafe void Freed_MemoryServesTheNextTensorsOfTheSameSizes()
    {
        var places = new HashSet<nint>();
        for (var round = 0; round < 3; round++)
        {
            using var scope = new TensorScope();
            Tensor[] tensors =
                [.. Enumerable.Range(0, 20).Select(i => Tensor.empty([Large + i % 3 * 4096], Dtype.UInt8))];
            foreach (var tensor in tensors)
            {
                Assert.Equal(0, (nint)tensor.DataPointer % 64);
                places.Add((nint)tensor.DataPointer);
            }
        }
        Assert.Equal(20, places.Count);
    }

    [Fact]
    public unsafe void Blocks_DoNotOverlap_HoweverTheyComeAndGo()
    {
        var random = new Random(1);
        var tensors = new List<(Tensor Tensor, byte Mark)>();
        for (var step = 0; step < 2000; step++)
        {
            if (tensors.Count > 30 || tensors.Count > 0 && random.Next(2) == 0)
            {
                var at = random.Next(tensors.Count);
                var (tensor, mark) = tensors[at];
                var bytes = tensor.Data<byte>();
                Assert.Equal((mark, mark), (bytes[0], bytes[^1]));
                tensor.Dispose();
                tensors.RemoveAt(at);
                continue;
            }
            var added = Tensor.empty([random.Next(1, 1 << 20)], Dtype.UInt8).Owned();
            var ends = added.Data<byte>();
            ends[0] = ends[^1] = (byte)step;
            tensors.Add((added, (byte)step));
        }
        foreach (var (tensor, _) in tensors)
            tensor.Dispose();
    }

    [Fact]
    public void WhatNoMachineHas_IsAnErrorThatSaysHowMuch()
    {
        var failure = Assert.Throws<TorchException>(() => Tensor.empty([1L << 56], Dtype.UInt8));
        Assert.Contains(
            "not enough memory: a tensor of 72057594037927936 bytes", failure.Message, StringComparison.Ordinal);
    }
}
