namespace Caravan.Checkpoints;

/// <summary>The memory that a tool needs for models, told before it starts.</summary>
/// <param name="ParameterCount">
/// Numbers in the last of the models, which is the largest or as large as the others.
/// </param>
/// <param name="AtMost">
/// Bytes: three times the largest tensor in single precision, and what the program itself needs.
/// </param>
/// <param name="Whole">Bytes of all models in single precision, as a program holds them that loads them whole.</param>
public sealed record MemoryEstimate(long ParameterCount, long AtMost, long Whole)
{
    private const long OfTheProgram = 200_000_000;

    /// <summary>Reads the headers of the models.</summary>
    /// <exception cref="Files.BadInputException">See <see cref="ModelWeights.Open"/>.</exception>
    public static MemoryEstimate Of(params IReadOnlyList<string> models)
    {
        long count = 0, all = 0, largest = 0;
        foreach (var model in models)
        {
            using var source = WeightSource.OpenModel(model);
            count = source.Tensors.Sum(tensor => tensor.Info.ElementCount);
            all += count;
            largest = source.Tensors.Aggregate(largest, (most, tensor) => Math.Max(most, tensor.Info.ElementCount));
        }
        return new MemoryEstimate(count, 3 * sizeof(float) * largest + OfTheProgram, sizeof(float) * all);
    }
}
