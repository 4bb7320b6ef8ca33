using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Elementwise;

/// <summary>A parameter in fp32.</summary>
internal readonly unsafe struct Float32Weights(float* parameter) : IWeights
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Load(nint at) => Vector512.Load(parameter + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(nint at, Vector512<float> value) => value.Store(parameter + at);

    public float Read(nint at) => parameter[at];

    public void Write(nint at, float value) => parameter[at] = value;
}
