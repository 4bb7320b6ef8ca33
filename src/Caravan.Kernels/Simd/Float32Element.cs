using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Simd;

/// <summary>An element stored as it is computed.</summary>
internal readonly unsafe struct Float32Element : IElement<Float32Element>
{
    // Never touched by name: the struct only gives pointers their stride.
#pragma warning disable CS0169, IDE0051, CA1823
    private readonly float _value;
#pragma warning restore CS0169, IDE0051, CA1823

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Float32Element* source) => Vector512.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Float32Element* target, Vector512<float> value) => value.Store((float*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(Float32Element* source) => *(float*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Float32Element* target, float value) => *(float*)target = value;
}
