using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Simd;

/// <summary>Random bits that are a function of a seed and a position, so that they do not depend on threads.</summary>
internal readonly struct RandomBits(uint seed)
{
    /// <summary>32 bits for each of the sixteen positions from <paramref name="position"/> on: two rounds of
    /// multiplication and shifts, each a bijection of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector512<uint> At(long position)
    {
        var x = Vector512.Create((uint)position * 0x9e3779b9u ^ (uint)(position >> 32) ^ seed);
        x ^= Vector512<uint>.Indices * Vector512.Create(0x85ebca6bu);
        x = (x ^ (x >> 16)) * Vector512.Create(0x7feb352du);
        x = (x ^ (x >> 15)) * Vector512.Create(0x846ca68bu);
        return x ^ (x >> 16);
    }
}
