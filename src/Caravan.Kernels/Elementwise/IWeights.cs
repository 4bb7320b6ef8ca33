using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Elementwise;

/// <summary>A parameter as an optimizer updates it: fp32 numbers, however they are kept.</summary>
internal interface IWeights
{
    /// <summary>Sixteen numbers from a position on.</summary>
    Vector512<float> Load(nint at);

    void Store(nint at, Vector512<float> value);

    float Read(nint at);

    void Write(nint at, float value);
}
