using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Elementwise;

/// <summary>Which elements are kept: those whose position, mixed with a key, is not below a threshold.</summary>
internal readonly struct DropoutMask
{
    internal const uint FirstFactor = 0x85ebca6b, SecondFactor = 0xc2b2ae35;

    internal DropoutMask(double probability, ulong key)
    {
        (First, Second) = ((uint)key, (uint)(key >> 32));
        Threshold = (uint)Math.Round(probability * 4294967296.0);
        Scale = (float)(1 / (1 - probability));
    }

    internal uint First { get; }

    internal uint Second { get; }

    internal uint Threshold { get; }

    /// <summary>Factor of what is kept.</summary>
    internal float Scale { get; }

    /// <summary>The factor of each of sixteen elements: 0 or <see cref="Scale"/>.</summary>
    /// <param name="position">Of the first; positions count modulo 2³².</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector512<float> Factors(uint position)
    {
        var bits = Mix((Vector512<uint>.Indices + Vector512.Create(position)) ^ Vector512.Create(First));
        bits = Mix(bits ^ Vector512.Create(Second));
        var kept = Vector512.GreaterThanOrEqual(bits, Vector512.Create(Threshold));
        return kept.AsSingle() & Vector512.Create(Scale);
    }

    // The finalizer of MurmurHash3: every bit of the input changes each bit of the output with a probability of a half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Mix(Vector512<uint> bits)
    {
        bits = (bits ^ (bits >>> 16)) * FirstFactor;
        bits = (bits ^ (bits >>> 13)) * SecondFactor;
        return bits ^ (bits >>> 16);
    }
}
