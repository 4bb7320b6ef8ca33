using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Caravan.Kernels.Simd;

namespace Caravan.Kernels.Attention;

/// <summary>Copies rows of a head out of [tokens, heads, head_dim] into fp32 blocks, and back.</summary>
/// <typeparam name="T">How the tensor's elements are stored.</typeparam>
internal static unsafe class Packing<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    /// <summary>Rows of <paramref name="width"/> elements to rows of <paramref name="padded"/> floats, padded with
    /// zeros; rows from <paramref name="count"/> to <paramref name="paddedCount"/> are zeros.</summary>
    internal static void Rows(
        T* source, nint stride, int count, int paddedCount, int width, int padded, float* target)
    {
        for (var row = 0; row < count; row++, source += stride, target += padded)
        {
            var i = 0;
            for (; i <= width - Lanes; i += Lanes)
                T.Load(source + i).Store(target + i);
            for (; i < width; i++)
                target[i] = T.Read(source + i);
            for (; i < padded; i++)
                target[i] = 0;
        }
        new Span<float>(target, (paddedCount - count) * padded).Clear();
    }

    /// <summary>The inverse of <see cref="Rows"/>, every row multiplied by a factor of its own.</summary>
    internal static void Unpack(
        float* source, int padded, int count, int width, float* factors, T* target, nint stride)
    {
        for (var row = 0; row < count; row++, source += padded, target += stride)
        {
            var factor = Vector512.Create(factors is null ? 1 : factors[row]);
            var i = 0;
            for (; i <= width - Lanes; i += Lanes)
                T.Store(target + i, Vector512.Load(source + i) * factor);
            for (; i < width; i++)
                T.Write(target + i, source[i] * factor[0]);
        }
    }

    /// <summary>As <see cref="Unpack"/>, from columns: element i of all rows side by side, with room for whole vectors
    /// both ways.</summary>
    internal static void UnpackColumns(
        float* columns, nint columnStride, int count, int width, float* factors, T* target, nint stride)
    {
        var tile = stackalloc float[Lanes * Lanes];
        for (var row = 0; row < count; row += Lanes)
        {
            for (var i = 0; i < width; i += Lanes)
            {
                var from = columns + i * columnStride + row;
                if (Avx512F.IsSupported)
                    TransposeTile(from, columnStride, tile, Lanes);
                else
                    TransposeElements(from, columnStride, tile, Lanes, Lanes);
                Unpack(tile, Lanes, Math.Min(Lanes, count - row), Math.Min(Lanes, width - i),
                    factors is null ? null : factors + row, target + row * stride + i, stride);
            }
        }
    }

    /// <summary>Transposes packed rows [block, padded] to [width, block]: element i of all rows side by side.</summary>
    internal static void Transpose(float* rows, int padded, int width, int block, float* target)
    {
        for (var row = 0; row < block; row += Lanes)
        {
            for (var i = 0; i < width; i += Lanes)
            {
                var from = rows + (nint)row * padded + i;
                var to = target + (nint)i * block + row;
                var columns = Math.Min(Lanes, width - i);
                if (Avx512F.IsSupported && columns == Lanes)
                    TransposeTile(from, padded, to, block);
                else
                    TransposeElements(from, padded, to, block, columns);
            }
        }
    }

    private static void TransposeElements(float* from, nint fromRow, float* to, nint toRow, int columns)
    {
        for (nint column = 0; column < columns; column++)
        {
            for (nint row = 0; row < Lanes; row++)
                to[column * toRow + row] = from[row * fromRow + column];
        }
    }

    // 16 × 16: pairs of rows, then pairs of pairs, are interleaved within the 128-bit quarters of the registers; then
    // the quarters change places.
    [SkipLocalsInit]
    private static void TransposeTile(float* from, nint fromRow, float* to, nint toRow)
    {
        var quads = stackalloc Vector512<float>[16];
        for (var i = 0; i < 4; i++, from += 4 * fromRow)
        {
            Vector512<float> r0 = Vector512.Load(from), r1 = Vector512.Load(from + fromRow);
            Vector512<float> r2 = Vector512.Load(from + 2 * fromRow), r3 = Vector512.Load(from + 3 * fromRow);
            var low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
            var high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
            var low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
            var high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
            // quads[4c + i]: in quarter q column 4q + c of the rows 4i … 4i + 3.
            quads[i] = Avx512F.UnpackLow(low01, low23).AsSingle();
            quads[4 + i] = Avx512F.UnpackHigh(low01, low23).AsSingle();
            quads[8 + i] = Avx512F.UnpackLow(high01, high23).AsSingle();
            quads[12 + i] = Avx512F.UnpackHigh(high01, high23).AsSingle();
        }
        for (var c = 0; c < 4; c++, to += toRow)
        {
            var q = quads + 4 * c;
            var even01 = Avx512F.Shuffle4x128(q[0], q[1], 0b10_00_10_00);
            var odd01 = Avx512F.Shuffle4x128(q[0], q[1], 0b11_01_11_01);
            var even23 = Avx512F.Shuffle4x128(q[2], q[3], 0b10_00_10_00);
            var odd23 = Avx512F.Shuffle4x128(q[2], q[3], 0b11_01_11_01);
            Avx512F.Shuffle4x128(even01, even23, 0b10_00_10_00).Store(to);
            Avx512F.Shuffle4x128(odd01, odd23, 0b10_00_10_00).Store(to + 4 * toRow);
            Avx512F.Shuffle4x128(even01, even23, 0b11_01_11_01).Store(to + 8 * toRow);
            Avx512F.Shuffle4x128(odd01, odd23, 0b11_01_11_01).Store(to + 12 * toRow);
        }
    }
}
