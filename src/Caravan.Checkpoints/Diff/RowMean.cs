using System.Numerics.Tensors;

namespace Caravan.Checkpoints;

/// <summary>
/// The mean of a matrix's rows, added up in the order in which PyTorch does it on a processor (cascade summation in
/// single precision: partial sums over 16, 256, 4096, … rows), so that the result is the same to the last bit for
/// widths that are a multiple of 64, as those of all models are; PyTorch adds the columns beyond in another order.
/// </summary>
internal static class RowMean
{
    private const int Levels = 4;

    public static float[] Compute(WeightTensor matrix)
    {
        var rows = matrix.Info.Shape[0];
        var columns = checked((int)matrix.Info.Shape[1]);
        var power = Math.Max(4, CeilLog2(rows) / Levels);
        var step = 1L << power;
        var sums = Enumerable.Range(0, Levels).Select(_ => new float[columns]).ToArray();
        long row = 0;
        while (row + step <= rows)
        {
            for (var i = 0; i < step; i++)
                AddRow(matrix, row++, sums[0]);
            for (var level = 1; level < Levels; level++)
            {
                TensorPrimitives.Add(sums[level], sums[level - 1], sums[level]);
                Array.Clear(sums[level - 1]);
                if ((row & ((step - 1) << (level * power))) != 0)
                    break;
            }
        }
        while (row < rows)
            AddRow(matrix, row++, sums[0]);
        for (var level = 1; level < Levels; level++)
            TensorPrimitives.Add(sums[0], sums[level], sums[0]);
        TensorPrimitives.Divide(sums[0], rows, sums[0]);
        return sums[0];
    }

    private static void AddRow(WeightTensor matrix, long row, float[] sum)
    {
        using var numbers = FloatBuffer.Read(matrix, row * sum.Length, sum.Length);
        TensorPrimitives.Add(sum, numbers.Span, sum);
    }

    private static int CeilLog2(long value) =>
        value <= 2 ? 1 : 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)value - 1);
}
