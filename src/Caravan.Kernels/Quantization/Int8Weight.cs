using Caravan.Kernels.Quantization;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>A matrix in whole numbers from −127 to 127 with one fp32 scale for each row: w = q · scale, where scale is
/// the row's greatest magnitude over 127 (the weights of LLM.int8(), Dettmers et al. 2022, arXiv:2208.07339).</summary>
public sealed unsafe class Int8Weight : QuantizedWeight
{
    private readonly Tensor _numbers; // int8 [rows, columns]
    private readonly Tensor _scales;  // fp32 [rows]

    /// <summary>A matrix from its stored form. Takes ownership.</summary>
    /// <param name="numbers">int8 [rows, columns].</param>
    /// <param name="scales">fp32 [rows].</param>
    public Int8Weight(Tensor numbers, Tensor scales)
        : base(numbers.Size(0), numbers.Size(1))
    {
        if (numbers.Dtype != Dtype.Int8 || scales.Dtype != Dtype.Float32 || scales.Count != numbers.Size(0))
            throw new ArgumentException($"{numbers} with scales {scales} is no int8 matrix with a scale for each row");
        (_numbers, _scales) = (numbers.Owned(), scales.Owned());
    }

    public override IReadOnlyList<Tensor> Parts => [_numbers, _scales];

    public override bool IsFinite
    {
        get
        {
            using var scope = new TensorScope();
            return _scales.isfinite().all().item() != 0;
        }
    }

    internal override long RowAlignment => 1;

    /// <summary>Quantises a matrix, rounding to the nearest number, half to even.</summary>
    /// <param name="weight">[rows, columns] on the CPU. The caller keeps it.</param>
    public static Int8Weight Quantize(Tensor weight)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var source = (weight.Dtype == Dtype.BFloat16 ? weight : weight.to(Dtype.Float32)).contiguous();
        var numbers = Tensor.empty([.. source.Shape], Dtype.Int8);
        var scales = Tensor.empty([source.Size(0)]);
        if (source.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return new Int8Weight(numbers, scales);

        void Run<T>() where T : unmanaged, IElement<T> => Int8Kernel<T>.Quantize(
            (T*)source.DataPointer, (sbyte*)numbers.DataPointer, (float*)scales.DataPointer, source.Size(0),
            source.Size(1));
    }

    public override QuantizedWeight To(Device device) => device == Device
        ? new Int8Weight(_numbers.clone(), _scales.clone())
        : new Int8Weight(_numbers.to(device), _scales.to(device));

    internal override void DequantizeRows(long first, Tensor target)
    {
        using var scope = new TensorScope();
        var (numbers, scales) = (_numbers.narrow(0, first, target.Size(0)), _scales.narrow(0, first, target.Size(0)));
        if (!KernelSelection.UsesSimd(target))
            target.copy_(numbers.to(Dtype.Float32).mul_(scales.unsqueeze(1)));
        else if (target.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();

        void Run<T>() where T : unmanaged, IElement<T> => Int8Kernel<T>.Dequantize(
            (sbyte*)numbers.DataPointer, (float*)scales.DataPointer, (T*)target.DataPointer, target.Size(0), Columns);
    }
}
