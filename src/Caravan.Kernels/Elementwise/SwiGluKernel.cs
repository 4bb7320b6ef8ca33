using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>y = g·σ(g)·u; dg = dy·u·σ(g)·(1 + g·(1 − σ(g))), du = dy·g·σ(g).</summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class SwiGluKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    // Elements of one work item; few enough for the items to be even, enough to make handing them out cheap.
    private const int Span = 4096;

    // Operations per element beyond loading and storing it: an exponential and a division.
    private const int Cost = 4;

    internal static void Forward(T* gate, T* up, T* output, long count)
    {
        ThreadTeam.Run(Items(count), Cost * count, item =>
        {
            nint i = (nint)item * Span, end = (nint)Math.Min(count, (item + 1L) * Span);
            for (; i <= end - Lanes; i += Lanes)
                T.Store(output + i, Value(T.Load(gate + i), T.Load(up + i)));
            for (; i < end; i++)
                T.Write(output + i, Value(Vector512.Create(T.Read(gate + i)), Vector512.Create(T.Read(up + i)))[0]);
        });
    }

    internal static void Backward(T* gate, T* up, T* gradient, T* gateGradient, T* upGradient, long count)
    {
        ThreadTeam.Run(Items(count), Cost * count, item =>
        {
            nint i = (nint)item * Span, end = (nint)Math.Min(count, (item + 1L) * Span);
            for (; i <= end - Lanes; i += Lanes)
            {
                var (dGate, dUp) = Gradients(T.Load(gate + i), T.Load(up + i), T.Load(gradient + i));
                T.Store(gateGradient + i, dGate);
                T.Store(upGradient + i, dUp);
            }
            for (; i < end; i++)
            {
                var (dGate, dUp) = Gradients(Vector512.Create(T.Read(gate + i)), Vector512.Create(T.Read(up + i)),
                    Vector512.Create(T.Read(gradient + i)));
                T.Write(gateGradient + i, dGate[0]);
                T.Write(upGradient + i, dUp[0]);
            }
        });
    }

    private static int Items(long count) => checked((int)((count + Span - 1) / Span));

    private static Vector512<float> Value(Vector512<float> gate, Vector512<float> up) =>
        gate * VectorMath.Sigmoid(gate) * up;

    private static (Vector512<float> Gate, Vector512<float> Up) Gradients(
        Vector512<float> gate, Vector512<float> up, Vector512<float> gradient)
    {
        var sigmoid = VectorMath.Sigmoid(gate);
        var one = Vector512<float>.One;
        return (gradient * up * sigmoid * (one + gate * (one - sigmoid)), gradient * gate * sigmoid);
    }
}
