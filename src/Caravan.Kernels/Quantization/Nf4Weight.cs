using System.Numerics;
using Caravan.Checkpoints;
using Caravan.Kernels.Quantization;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// A matrix in the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023, arXiv:2305.14314), with bitsandbytes' arithmetic
/// and layout: row-major in blocks of 64, which may span rows; two codes a byte, the first in the high half.
/// </summary>
public sealed unsafe class Nf4Weight : QuantizedWeight
{
    private readonly Tensor _packed; // uint8 [⌈rows · columns / 2⌉]
    private readonly Tensor _pairs;  // fp32 [256, 2]: the two levels that a byte stands for
    private readonly BlockScales _scales;

    /// <summary>A matrix from its stored form. Takes ownership.</summary>
    /// <param name="packed">uint8, ⌈rows · columns / 2⌉ elements.</param>
    /// <param name="scales">One for each 64 elements.</param>
    /// <exception cref="ArgumentException">The parts do not fit the shape.</exception>
    public Nf4Weight(long rows, long columns, Tensor packed, BlockScales scales)
        : base(rows, columns)
    {
        var count = rows * columns;
        if (packed.Dtype != Dtype.UInt8 || packed.Count != (count + 1) / 2)
            throw new ArgumentException($"{packed} does not hold {count} codes of 4 bits", nameof(packed));
        if (scales.Count != (count + Nf4.BlockSize - 1) / Nf4.BlockSize)
            throw new ArgumentException($"{scales.Count} scales for {count} weights", nameof(scales));
        _packed = packed.Owned();
        _scales = scales;
        var pairs = Enumerable.Range(0, 256).SelectMany(code => new[] { Nf4.Levels[code >> 4], Nf4.Levels[code & 15] });
        _pairs = Tensor.tensor([.. pairs], 256, 2).to(packed.Device).Owned();
    }

    public override IReadOnlyList<Tensor> Parts => [_packed, _pairs, .. _scales.Parts];

    public override bool IsFinite => _scales.AreFinite;

    /// <summary>The codes, uint8 [⌈rows · columns / 2⌉].</summary>
    public Tensor Packed => _packed;

    /// <summary>The scale of each block.</summary>
    public BlockScales Scales => _scales;

    // So many rows fill whole blocks, whatever the number of columns.
    internal override long RowAlignment => Nf4.BlockSize >> Math.Min(6, BitOperations.TrailingZeroCount(Columns));

    /// <summary>Quantises a matrix.</summary>
    /// <param name="weight">[rows, columns] on the CPU. The caller keeps it.</param>
    /// <param name="doubleQuantization">Whether the scales are quantised as well.</param>
    public static Nf4Weight Quantize(Tensor weight, bool doubleQuantization = true)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var source = (weight.Dtype == Dtype.BFloat16 ? weight : weight.to(Dtype.Float32)).contiguous();
        var packed = Tensor.empty([(source.Count + 1) / 2], Dtype.UInt8);
        var scales = Tensor.empty([(source.Count + Nf4.BlockSize - 1) / Nf4.BlockSize]);
        if (source.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return new Nf4Weight(
            weight.Size(0), weight.Size(1), packed,
            doubleQuantization ? BlockScales.Quantize(scales) : BlockScales.Exact(scales));

        void Run<T>() where T : unmanaged, IElement<T> => Nf4Kernel<T>.Quantize(
            (T*)source.DataPointer, source.Count, (byte*)packed.DataPointer, (float*)scales.DataPointer);
    }

    public override QuantizedWeight To(Device device) => new Nf4Weight(
        Rows, Columns, _packed.Device == device ? _packed.clone() : _packed.to(device), _scales.To(device));

    internal override void DequantizeRows(long first, Tensor target)
    {
        using var scope = new TensorScope();
        long start = first * Columns, count = target.Count;
        var scales = _scales.Restore(start / Nf4.BlockSize, (count + Nf4.BlockSize - 1) / Nf4.BlockSize);
        if (!KernelSelection.UsesSimd(target))
        {
            var packed = _packed.narrow(0, start / 2, (count + 1) / 2).to(Dtype.Int64);
            var levels = _pairs.index_select(0, packed).view(-1).narrow(0, 0, count);
            target.view(-1).copy_(levels.mul_(scales.repeat_interleave(Nf4.BlockSize, 0).narrow(0, 0, count)));
        }
        else if (target.Dtype == Dtype.Float32)
        {
            Run<Float32Element>();
        }
        else
        {
            Run<BFloat16Element>();
        }

        void Run<T>() where T : unmanaged, IElement<T> => Nf4Kernel<T>.Dequantize(
            (byte*)_packed.DataPointer + start / 2, (float*)scales.DataPointer, (T*)target.DataPointer, count);
    }
}
