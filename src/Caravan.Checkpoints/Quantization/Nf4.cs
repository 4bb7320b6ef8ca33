using System.Runtime.Intrinsics;

namespace Caravan.Checkpoints;

/// <summary>
/// The 4-bit NormalFloat of QLoRA (Dettmers et al. 2023): 16 levels, a scale for each block of 64 weights, and the
/// scales themselves kept in 8 bits (double quantisation). Caravan.Kernels compiles this file too: it depends on
/// nothing.
/// </summary>
internal static class Nf4
{
    public const int BlockSize = 64;
    public const int ScaleBlockSize = 256;

    public static readonly float[] Levels =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
        -0.18477343022823334f, -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f,
        0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f,
        1.0f,
    ];

    /// <summary>A number belongs to level i + 1 if it exceeds threshold i.</summary>
    public static readonly float[] Thresholds =
    [
        -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f,
        -0.13791173323988914f, -0.045525018125772476f, 0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f,
        0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f,
    ];

    /// <summary>The 256 values of the dynamic 8-bit code, ascending.</summary>
    public static float[] DynamicMap { get; } = MakeDynamicMap();

    /// <summary>The level of a number between −1 and 1.</summary>
    public static int Code(float number)
    {
        var code = 0;
        foreach (var threshold in Thresholds)
            code += number > threshold ? 1 : 0;
        return code;
    }

    /// <summary>Quantises numbers of one block by <paramref name="scale"/> and dequantises them by another.</summary>
    public static void RoundTrip(Span<float> numbers, float scale, float roundedScale)
    {
        if (scale == 0)
        {
            numbers.Clear();
            return;
        }
        var inverse = 1 / scale;
        var i = 0;
        Span<int> codes = stackalloc int[Vector256<int>.Count];
        for (; i <= numbers.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var scaled = Vector256.Create<float>(numbers[i..]) * inverse;
            var code = Vector256<int>.Zero;
            // A comparison that holds is −1 in every bit.
            foreach (var threshold in Thresholds)
                code -= Vector256.GreaterThan(scaled, Vector256.Create(threshold)).AsInt32();
            code.CopyTo(codes);
            for (var j = 0; j < codes.Length; j++)
                numbers[i + j] = Levels[codes[j]] * roundedScale;
        }
        for (; i < numbers.Length; i++)
            numbers[i] = Levels[Code(numbers[i] * inverse)] * roundedScale;
    }

    /// <summary>What the scales become when they are quantised to 8 bits and back.</summary>
    public static void RoundTripScales(Span<float> scales)
    {
        double sum = 0;
        foreach (var scale in scales)
            sum += scale;
        var offset = scales.Length == 0 ? 0 : (float)(sum / scales.Length);
        for (var start = 0; start < scales.Length; start += ScaleBlockSize)
        {
            var block = scales.Slice(start, Math.Min(ScaleBlockSize, scales.Length - start));
            float largest = 0;
            foreach (var scale in block)
                largest = MathF.Max(largest, MathF.Abs(scale - offset));
            foreach (ref var scale in block)
                scale = largest == 0 ? offset : DynamicMap[Nearest((scale - offset) / largest)] * largest + offset;
        }
    }

    /// <summary>The entry of <see cref="DynamicMap"/> nearest to a number, by the midpoints between entries.</summary>
    public static int Nearest(float number)
    {
        int low = 0, high = DynamicMap.Length - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (number > (DynamicMap[middle] + DynamicMap[middle + 1]) / 2)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static float[] MakeDynamicMap()
    {
        var map = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            var intervals = 1 << i;
            for (var j = 0; j < intervals; j++)
            {
                var middle = (0.1 + 0.9 * (j + 0.5) / intervals) * Math.Pow(10, i - 6);
                map.Add((float)middle);
                map.Add((float)-middle);
            }
        }
        map.Sort();
        return [.. map];
    }
}
