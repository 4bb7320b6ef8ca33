using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>
/// What attention in tile registers does with blocks of scores. They are transposed, [keys][queries]: a vector holds 16
/// queries, so that maxima and sums over keys need nothing across a vector, and two rows of weights side by side are
/// what a right panel of the next product holds.
/// </summary>
internal static unsafe class TileScores
{
    internal const int Panel = BFloat16Tiles.PanelWidth;

    private const int Lanes = 16;

    /// <summary>Packs rows [count][dim] of a head, each a term of a sum along the rows' length, into panels of 32 rows.
    /// </summary>
    internal static void PackRows(
        BFloat16Element* rows, nint stride, int count, int dim, bool isRight, ushort* panels)
    {
        var panel = BFloat16Tiles.PanelElements(dim);
        for (var row = 0; row < count; row += Panel, panels += panel)
        {
            BFloat16Tiles.Pack((ushort*)rows + row * stride, stride, alongDepth: true, Math.Min(Panel, count - row),
                dim, isRight, panels);
        }
    }

    /// <summary>Packs rows [count][dim] of a head for sums over the rows, into panels of 32 columns.</summary>
    internal static void PackColumns(
        BFloat16Element* rows, nint stride, int count, int dim, bool isRight, ushort* panels)
    {
        var panel = BFloat16Tiles.PanelElements(count);
        for (var column = 0; column < dim; column += Panel, panels += panel)
        {
            BFloat16Tiles.Pack((ushort*)rows + column, stride, alongDepth: false, Math.Min(Panel, dim - column), count,
                isRight, panels);
        }
    }

    /// <summary>A factor of a product.</summary>
    /// <param name="panel">Elements from panel to panel.</param>
    /// <param name="row">Bytes from row to row where it is rows of a left matrix instead of panels, else 0.</param>
    internal readonly struct Factor(ushort* elements, long panel, long row = 0)
    {
        internal ushort* Elements => elements;
        internal long Panel => panel;
        internal long Row => row;
    }

    /// <summary>result = left · right, or result += left · right.</summary>
    /// <param name="resultRow">Elements from row to row.</param>
    internal static void Multiply(
        Factor left, Factor right, float* result, int resultRow, int rows, int columns, int depth, bool accumulate,
        BFloat16Tiles.Part part = BFloat16Tiles.Part.Whole) =>
        BFloat16Tiles.Multiply(new BFloat16Tiles.Block
        {
            Left = left.Elements,
            LeftRow = left.Row,
            LeftPanel = left.Panel,
            Right = right.Elements,
            RightPanel = right.Panel,
            Result = result,
            ResultRow = resultRow,
            Rows = rows,
            Columns = columns,
            Steps = TileExtents.Pad(depth) / Panel,
            IsFloat = true,
            Accumulate = accumulate,
            Part = part,
        });

    /// <summary>Where the weights of two keys and the 16 queries of a vector stand in right panels.</summary>
    /// <param name="keys">Of the block, padded to whole steps.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static nint PairOffset(int key, int vector, int keys) =>
        ((nint)(vector / 2) * keys / Panel + key / Panel) * Panel * Panel + vector % 2 * (Panel * Lanes)
        + key % Panel / 2 * Panel;

    /// <summary>Stores the values of two neighbouring keys as words of two bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StorePair(ushort* target, Vector512<float> even, Vector512<float> odd)
    {
        var (low, high) = (Round(even), Round(odd));
        ((low >> 16) | (high & Vector512.Create(0xffff0000u))).Store((uint*)target);
    }

    /// <summary>Where the keys end that are in the upper triangle of a block of queries and their own keys, for 16
    /// queries: with the unit of 32 that holds these.</summary>
    internal static int EndOfTriangle(int vector) => (vector / 2 + 1) * Panel;

    /// <summary>Which of 16 queries see a key.</summary>
    /// <param name="distance">Position of the first query less that of the key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Visible(int distance, int window)
    {
        var distances = Vector512<int>.Indices + Vector512.Create(distance);
        return (Vector512.GreaterThanOrEqual(distances, Vector512<int>.Zero)
            & Vector512.LessThan(distances, Vector512.Create(window))).AsSingle();
    }

    /// <summary>Which keys of a block 16 queries see, from an even one to an even one each: some of them, and within
    /// that all of them.</summary>
    /// <param name="distance">Position of the first query less that of the first key.</param>
    /// <param name="rows">Keys of the block, an even number.</param>
    internal readonly struct VisibleKeys(int distance, int window, int rows)
    {
        internal int From { get; } = Math.Clamp(distance - window + 1, 0, rows) & -2;
        internal int To { get; } = Math.Clamp(distance + Lanes + 1, 0, rows) & -2;
        internal int AllFrom => Math.Clamp(distance + Lanes - window + 1, From, Math.Max(From, To)) & -2;
        internal int AllTo => Math.Clamp(distance + 1, AllFrom, Math.Max(AllFrom, To)) & -2;
    }

    /// <summary>Stores 16 values as bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(ushort* target, Vector512<float> value)
    {
        var halves = Round(value) >> 16;
        var narrow = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(halves)
            : Vector256.Narrow(halves.GetLower(), halves.GetUpper());
        narrow.Store(target);
    }

    // To the nearest bf16, in the upper half; halves away from zero. Values come from bf16 numbers or from arithmetic,
    // whose NaNs stay NaNs here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<float> value) => value.AsUInt32() + Vector512.Create(0x8000u);
}
