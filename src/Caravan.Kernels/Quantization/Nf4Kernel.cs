using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Checkpoints;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Quantization;

/// <summary>NF4 codes from numbers and back, block by block of 64. What decides a code is computed in fp32.</summary>
/// <typeparam name="T">How the numbers are stored.</typeparam>
internal static unsafe class Nf4Kernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int Block = Nf4.BlockSize;
    private const int BlocksOfItem = 256;

    // Operations per number: four searches among the thresholds.
    private const int QuantizeCost = 8;

    // No search asks for the sixteenth.
    private static readonly float[] Thresholds = [.. Nf4.Thresholds, float.PositiveInfinity];

    /// <param name="packed">⌈count / 2⌉ bytes.</param>
    /// <param name="scales">One for each block; the last block may be short.</param>
    internal static void Quantize(T* numbers, long count, byte* packed, float* scales)
    {
        ForEachBlock(count, QuantizeCost, (block, length) =>
        {
            var values = stackalloc float[Block];
            var codes = stackalloc byte[Block / 2];
            var source = numbers + block * Block;
            if (length == Block)
            {
                for (var i = 0; i < Block; i += Lanes)
                    T.Load(source + i).Store(values + i);
            }
            else
            {
                new Span<float>(values, Block).Clear();
                for (var i = 0; i < length; i++)
                    values[i] = T.Read(source + i);
            }
            scales[block] = QuantizeBlock(values, codes);
            new ReadOnlySpan<byte>(codes, (length + 1) / 2)
                .CopyTo(new Span<byte>(packed + block * (Block / 2), Block / 2));
        });
    }

    /// <param name="packed">The codes of <paramref name="output"/>, beginning with a block.</param>
    internal static void Dequantize(byte* packed, float* scales, T* output, long count)
    {
        ForEachBlock(count, 1, (block, length) =>
        {
            var codes = packed + block * (Block / 2);
            var target = output + block * Block;
            if (length == Block)
            {
                DequantizeBlock(codes, scales[block], target);
                return;
            }
            for (var i = 0; i < length; i++)
                T.Write(target + i, Nf4.Levels[i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15] * scales[block]);
        });
    }

    private static void ForEachBlock(long count, int cost, Action<nint, int> body)
    {
        var blocks = (count + Block - 1) / Block;
        ThreadTeam.Run(checked((int)((blocks + BlocksOfItem - 1) / BlocksOfItem)), cost * count, item =>
        {
            var end = Math.Min(blocks, (item + 1L) * BlocksOfItem);
            for (var block = (long)item * BlocksOfItem; block < end; block++)
                body((nint)block, (int)Math.Min(Block, count - block * Block));
        });
    }

    // The greatest magnitude; NaN if there is one. Codes of a block of zeros are those of 0.
    private static float QuantizeBlock(float* values, byte* codes)
    {
        var greatest = Vector512<float>.Zero;
        for (var i = 0; i < Block; i += Lanes)
            greatest = Vector512.Max(greatest, Vector512.Abs(Vector512.Load(values + i)));
        var eight = Vector256.Max(greatest.GetLower(), greatest.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        var scale = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
        var inverse = scale == 0 ? 0 : 1 / scale;
        var thresholds = Vector512.Create<float>(Thresholds);
        var (a, b) = (Codes(values, inverse, thresholds), Codes(values + Lanes, inverse, thresholds));
        var (c, d) = (
            Codes(values + 2 * Lanes, inverse, thresholds), Codes(values + 3 * Lanes, inverse, thresholds));
        // Each 16 bits hold an even element's code in the low byte and its neighbour's in the high one.
        var pairs = Vector512.Narrow(Vector512.Narrow(a, b).AsUInt16(), Vector512.Narrow(c, d).AsUInt16()).AsUInt16();
        var bytes = ((pairs << 4) | (pairs >> 8)) & Vector512.Create((ushort)0xff);
        Vector512.Narrow(bytes, Vector512<ushort>.Zero).GetLower().Store(codes);
        return scale;
    }

    // How many of the ascending thresholds each number exceeds: half of those that are left are decided at a time.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Codes(float* values, float inverse, Vector512<float> thresholds)
    {
        var scaled = Vector512.Load(values) * inverse;
        var codes = Vector512<int>.Zero;
        codes = Passed(scaled, thresholds, codes, 8);
        codes = Passed(scaled, thresholds, codes, 4);
        codes = Passed(scaled, thresholds, codes, 2);
        return Passed(scaled, thresholds, codes, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Passed(
        Vector512<float> numbers, Vector512<float> thresholds, Vector512<int> codes, int step)
    {
        var threshold = Vector512.ShuffleNative(thresholds, codes + Vector512.Create(step - 1));
        return codes + (Vector512.GreaterThan(numbers, threshold).AsInt32() & Vector512.Create(step));
    }

    private static void DequantizeBlock(byte* codes, float scale, T* output)
    {
        var levels = Vector512.Create<float>(Nf4.Levels);
        var factor = Vector512.Create(scale);
        var bytes = Vector256.Load(codes);
        var (lower, upper) = Vector256.Widen(bytes);
        var wide = Vector512.Create(lower, upper);
        // The inverse of the packing: 16 bits again hold two elements' codes, the first in the low byte.
        var pairs = ((wide >> 4) | (wide << 8)) & Vector512.Create((ushort)0x0f0f);
        var (low, high) = Vector512.Widen(pairs.AsByte());
        var (first, second) = Vector512.Widen(low);
        var (third, fourth) = Vector512.Widen(high);
        T.Store(output, Vector512.ShuffleNative(levels, first.AsInt32()) * factor);
        T.Store(output + Lanes, Vector512.ShuffleNative(levels, second.AsInt32()) * factor);
        T.Store(output + 2 * Lanes, Vector512.ShuffleNative(levels, third.AsInt32()) * factor);
        T.Store(output + 3 * Lanes, Vector512.ShuffleNative(levels, fourth.AsInt32()) * factor);
    }
}
