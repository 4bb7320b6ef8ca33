using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// fp32 numbers of which models see the bf16 numbers next to them, in no more bits than fp32 has. The parameter is the
/// fp32 number rounded to the nearest bf16, halves away from zero; the remainder is the lower 16 of the 32 bits, as a
/// signed number. Rounded up, the parameter is one too great and the remainder negative: 2¹⁶ · parameter + remainder
/// are the 32 bits again, for every number. (With halves to even they would not be: 65,537 fp32 numbers round to an even
/// bf16.) All NaNs become one, since rounding would make infinities of some.
/// </summary>
public static class MasterWeights
{
    /// <summary>The fp32 numbers, in a new tensor.</summary>
    /// <param name="parameter">bf16, any shape.</param>
    /// <param name="remainder">int16 of the same shape.</param>
    public static Tensor Join(Tensor parameter, Tensor remainder)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var low = remainder.reshape(-1);
        var high = parameter.reshape(-1).view(Dtype.Int16) - low.lt(0).to(Dtype.Int16);
        return scope.Keep(Tensor.cat([low.unsqueeze(1), high.unsqueeze(1)], 1).view(Dtype.Float32)
            .view([.. parameter.Shape]));
    }

    /// <summary>Sets a parameter and its remainder.</summary>
    /// <param name="master">fp32, of the parameter's shape.</param>
    /// <param name="parameter">bf16.</param>
    /// <param name="remainder">int16.</param>
    public static void Split(Tensor master, Tensor parameter, Tensor remainder)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        long[] shape = [.. parameter.Shape];
        var halves = master.masked_fill(master.ne(master), double.NaN).reshape(-1, 1).view(Dtype.Int16); // [n, 2]
        var low = halves.narrow(1, 0, 1);
        var high = halves.narrow(1, 1, 1) + low.lt(0).to(Dtype.Int16);
        remainder.copy_(low.reshape(shape));
        parameter.copy_(high.reshape(shape).view(Dtype.BFloat16));
    }
}
