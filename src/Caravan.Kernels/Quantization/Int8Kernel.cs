using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Quantization;

/// <summary>Whole numbers with a scale for each row, from numbers and back.</summary>
/// <typeparam name="T">How the numbers are stored.</typeparam>
internal static unsafe class Int8Kernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    internal static void Quantize(T* numbers, sbyte* quantized, float* scales, long rows, long columns)
    {
        ThreadTeam.Run(checked((int)rows), 4 * rows * columns, row =>
        {
            var source = numbers + row * (nint)columns;
            var target = quantized + row * (nint)columns;
            var greatest = 0f;
            for (nint i = 0; i < columns; i++)
                greatest = MathF.Max(greatest, MathF.Abs(T.Read(source + i))); // NaN stays
            scales[row] = greatest / 127;
            var inverse = greatest == 0 ? 0 : 127 / greatest;
            for (nint i = 0; i < columns; i++)
                target[i] = (sbyte)MathF.Round(T.Read(source + i) * inverse);
        });
    }

    internal static void Dequantize(sbyte* quantized, float* scales, T* output, long rows, long columns)
    {
        ThreadTeam.Run(checked((int)rows), rows * columns, row =>
        {
            var source = quantized + row * (nint)columns;
            var target = output + row * (nint)columns;
            nint i = 0;
            for (; i <= columns - Lanes; i += Lanes)
            {
                var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Load(source + i).ToVector256()));
                T.Store(target + i, Vector512.ConvertToSingle(Vector512.Create(low, high)) * scales[row]);
            }
            for (; i < columns; i++)
                T.Write(target + i, source[i] * scales[row]);
        });
    }
}
