using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Attention;

/// <summary>
/// fp32 matrix products on blocks that lie in the first caches: four rows at a time, their sums in registers.
/// </summary>
internal static unsafe class SmallGemm
{
    /// <summary>Rows of one tile; callers pad to it.</summary>
    internal const int Rows = 4;

    internal const int Lanes = 16;

    /// <summary>c[i, j] (+)= Σ_k a[i·aRow + k·aStep] · b[k·bRow + j] for four rows i and vectors·16 columns j.
    /// </summary>
    /// <param name="depth">How many k.</param>
    /// <param name="accumulate">Add to what c holds, instead of replacing it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Multiply(
        float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int vectors, int depth,
        bool accumulate)
    {
        for (; vectors >= 4; vectors -= 4, b += 4 * Lanes, c += 4 * Lanes)
            Tile4(a, aRow, aStep, b, bRow, c, cRow, depth, accumulate);
        if (vectors >= 2)
        {
            Tile2(a, aRow, aStep, b, bRow, c, cRow, depth, accumulate);
            vectors -= 2;
            b += 2 * Lanes;
            c += 2 * Lanes;
        }
        if (vectors > 0)
            Tile1(a, aRow, aStep, b, bRow, c, cRow, depth, accumulate);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tile4(
        float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default, c02 = default, c03 = default;
        Vector512<float> c10 = default, c11 = default, c12 = default, c13 = default;
        Vector512<float> c20 = default, c21 = default, c22 = default, c23 = default;
        Vector512<float> c30 = default, c31 = default, c32 = default, c33 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        float* r1 = c + cRow, r2 = r1 + cRow, r3 = r2 + cRow;
        if (accumulate)
        {
            (c00, c01, c02, c03) = Load4(c);
            (c10, c11, c12, c13) = Load4(r1);
            (c20, c21, c22, c23) = Load4(r2);
            (c30, c31, c32, c33) = Load4(r3);
        }
        for (nint k = 0, at = 0; k < depth; k++, at += aStep, b += bRow)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
            Vector512<float> b2 = Vector512.Load(b + 2 * Lanes), b3 = Vector512.Load(b + 3 * Lanes);
            var x = Vector512.Create(a[at]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(x, b2, c02);
            c03 = Vector512.FusedMultiplyAdd(x, b3, c03);
            x = Vector512.Create(a1[at]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(x, b2, c12);
            c13 = Vector512.FusedMultiplyAdd(x, b3, c13);
            x = Vector512.Create(a2[at]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(x, b2, c22);
            c23 = Vector512.FusedMultiplyAdd(x, b3, c23);
            x = Vector512.Create(a3[at]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(x, b2, c32);
            c33 = Vector512.FusedMultiplyAdd(x, b3, c33);
        }
        Store4(c, c00, c01, c02, c03);
        Store4(r1, c10, c11, c12, c13);
        Store4(r2, c20, c21, c22, c23);
        Store4(r3, c30, c31, c32, c33);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tile2(
        float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default, c30 = default, c31 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        float* r1 = c + cRow, r2 = r1 + cRow, r3 = r2 + cRow;
        if (accumulate)
        {
            (c00, c01) = (Vector512.Load(c), Vector512.Load(c + Lanes));
            (c10, c11) = (Vector512.Load(r1), Vector512.Load(r1 + Lanes));
            (c20, c21) = (Vector512.Load(r2), Vector512.Load(r2 + Lanes));
            (c30, c31) = (Vector512.Load(r3), Vector512.Load(r3 + Lanes));
        }
        for (nint k = 0, at = 0; k < depth; k++, at += aStep, b += bRow)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lanes);
            var x = Vector512.Create(a[at]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a1[at]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a2[at]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a3[at]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
        }
        c00.Store(c);
        c01.Store(c + Lanes);
        c10.Store(r1);
        c11.Store(r1 + Lanes);
        c20.Store(r2);
        c21.Store(r2 + Lanes);
        c30.Store(r3);
        c31.Store(r3 + Lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tile1(
        float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, bool accumulate)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        float* r1 = c + cRow, r2 = r1 + cRow, r3 = r2 + cRow;
        if (accumulate)
            (c0, c1, c2, c3) = (Vector512.Load(c), Vector512.Load(r1), Vector512.Load(r2), Vector512.Load(r3));
        for (nint k = 0, at = 0; k < depth; k++, at += aStep, b += bRow)
        {
            var b0 = Vector512.Load(b);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[at]), b0, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a1[at]), b0, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a2[at]), b0, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a3[at]), b0, c3);
        }
        c0.Store(c);
        c1.Store(r1);
        c2.Store(r2);
        c3.Store(r3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float>, Vector512<float>, Vector512<float>, Vector512<float>) Load4(float* row) =>
        (Vector512.Load(row), Vector512.Load(row + Lanes), Vector512.Load(row + 2 * Lanes),
            Vector512.Load(row + 3 * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(
        float* row, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        v0.Store(row);
        v1.Store(row + Lanes);
        v2.Store(row + 2 * Lanes);
        v3.Store(row + 3 * Lanes);
    }
}
