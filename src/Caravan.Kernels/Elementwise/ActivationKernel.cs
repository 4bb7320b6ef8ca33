using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Elementwise;

/// <summary>Applies an activation to every element, and its derivative to every gradient.</summary>
/// <typeparam name="TActivation">The function.</typeparam>
internal static unsafe class ActivationKernel<TActivation> where TActivation : IActivation
{
    private const int Lanes = 16;

    // Elements of one work item; few enough for the items to be even, enough to make handing them out cheap.
    private const int Span = 4096;

    // Operations per element beyond loading and storing it: an exponential and a division.
    private const int Cost = 4;

    /// <param name="savesOutput">Whether the derivative is a function of the output instead of the input.</param>
    internal static Tensor Forward(string name, Tensor x, bool savesOutput)
    {
        using var scope = new TensorScope();
        Tensor input, output;
        using (GradientMode.Disable())
        {
            input = x.contiguous();
            output = Tensor.empty([.. x.Shape], x.Dtype);
            if (x.Dtype == Dtype.Float32)
                Forward((Float32Element*)input.DataPointer, (Float32Element*)output.DataPointer, x.Count);
            else
                Forward((BFloat16Element*)input.DataPointer, (BFloat16Element*)output.DataPointer, x.Count);
        }
        CustomGradient.Attach(name, [output], [x], [savesOutput ? output : input],
            (saved, gradients) => [Backward(saved[0], gradients[0]!.contiguous())]);
        return scope.Keep(output);
    }

    private static Tensor Backward(Tensor saved, Tensor gradient)
    {
        var result = Tensor.empty([.. saved.Shape], saved.Dtype);
        if (saved.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return result;

        void Run<T>() where T : unmanaged, IElement<T> => Backward(
            (T*)saved.DataPointer, (T*)gradient.DataPointer, (T*)result.DataPointer, saved.Count);
    }

    private static void Forward<T>(T* x, T* output, long count) where T : unmanaged, IElement<T> =>
        ForEachSpan(count, (i, end) =>
        {
            for (; i <= end - Lanes; i += Lanes)
                T.Store(output + i, TActivation.Value(T.Load(x + i)));
            for (; i < end; i++)
                T.Write(output + i, TActivation.Value(Vector512.Create(T.Read(x + i)))[0]);
        });

    private static void Backward<T>(T* saved, T* gradient, T* result, long count) where T : unmanaged, IElement<T> =>
        ForEachSpan(count, (i, end) =>
        {
            for (; i <= end - Lanes; i += Lanes)
                T.Store(result + i, T.Load(gradient + i) * TActivation.Slope(T.Load(saved + i)));
            for (; i < end; i++)
                T.Write(result + i, T.Read(gradient + i) * TActivation.Slope(Vector512.Create(T.Read(saved + i)))[0]);
        });

    private static void ForEachSpan(long count, Action<nint, nint> body) =>
        ThreadTeam.Run(checked((int)((count + Span - 1) / Span)), Cost * count,
            item => body((nint)item * Span, (nint)Math.Min(count, (item + 1L) * Span)));
}
