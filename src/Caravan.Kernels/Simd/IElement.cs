using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Simd;

/// <summary>How the elements of a tensor are stored. Kernels compute in fp32; this is where values enter and leave.
/// </summary>
internal unsafe interface IElement<T> where T : unmanaged, IElement<T>
{
    /// <summary>Elements that one vector holds, of any storage.</summary>
    const int Lanes = 16;

    static abstract Vector512<float> Load(T* source);

    static abstract void Store(T* target, Vector512<float> value);

    static abstract float Read(T* source);

    static abstract void Write(T* target, float value);
}
