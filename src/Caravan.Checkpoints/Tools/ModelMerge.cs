using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Averages models of one architecture: Σ wᵢ·xᵢ, weights normalised to one.</summary>
public static class ModelMerge
{
    /// <param name="models">Folders of the models; configuration and tokenizer come from the first.</param>
    /// <param name="weights">
    /// One for each model; null for equal ones. Negative weights are allowed, a sum of zero is not.
    /// </param>
    /// <param name="output">Folder to write.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">
    /// The models differ in their tensors, or the weights add up to zero.
    /// </exception>
    public static WriteReport Run(
        IReadOnlyList<string> models, IReadOnlyList<double>? weights, string output, WeightOutputOptions options,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        var factors = Normalise(models, weights);
        var sources = new List<WeightSource>();
        try
        {
            foreach (var model in models)
                sources.Add(WeightSource.OpenModel(model));
            var tensors = sources.Select(source => source.Tensors.ToDictionary(tensor => tensor.Info.Name)).ToList();
            var merged = sources[0].Tensors.Select(tensor => Merge(tensor, models, tensors, factors)).ToList();
            for (var i = 1; i < models.Count; i++)
            {
                if (sources[i].Tensors.FirstOrDefault(tensor => !tensors[0].ContainsKey(tensor.Info.Name)) is { } extra)
                {
                    throw new BadInputException(
                        $"{models[i]}: tensor '{extra.Info.Name}' is not in {models[0]}; the models differ.");
                }
            }
            using var result = new WeightSource(
                merged, sources[0].Aliases, [.. sources.SelectMany(source => source.Files)], []);
            return WeightConverter.Write(
                result, output, options, $"merge {string.Join(' ', factors)}",
                folder => WeightConverter.CopyModelFiles(models[0], folder, options.Type), progress, cancellation);
        }
        finally
        {
            foreach (var source in sources)
                source.Dispose();
        }
    }

    private static WeightTensor Merge(
        WeightTensor first, IReadOnlyList<string> models, List<Dictionary<string, WeightTensor>> tensors,
        float[] factors)
    {
        var parts = new List<WeightTensor>();
        for (var i = 0; i < models.Count; i++)
        {
            if (!tensors[i].TryGetValue(first.Info.Name, out var tensor))
            {
                throw new BadInputException(
                    $"{models[i]}: tensor '{first.Info.Name}' of {models[0]} is not there; the models differ.");
            }
            if (!tensor.Info.HasSameShape(first.Info))
            {
                throw new BadInputException(
                    $"{models[i]}: tensor '{first.Info.Name}' has shape {tensor.Info.ShapeText}, but " +
                    $"{first.Info.ShapeText} in {models[0]}; the models differ.");
            }
            if (tensor.Info.Type.IsFloatingPoint() != first.Info.Type.IsFloatingPoint())
            {
                throw new BadInputException(
                    $"{models[i]}: tensor '{first.Info.Name}' is of another kind than in {models[0]}.");
            }
            parts.Add(tensor);
        }
        return first.Info.Type.IsFloatingPoint() ? new WeightedTensor(first.Info, parts, factors) : first;
    }

    private static float[] Normalise(IReadOnlyList<string> models, IReadOnlyList<double>? weights)
    {
        if (models.Count < 2)
            throw new BadInputException("Give at least two models to merge.");
        var given = weights ?? [.. models.Select(_ => 1.0)];
        if (given.Count != models.Count)
        {
            throw new BadInputException(
                $"There are {given.Count} weights for {models.Count} models; give one for each.");
        }
        var sum = given.Sum();
        if (!double.IsFinite(sum) || sum == 0)
        {
            throw new BadInputException(
                $"The weights {string.Join(", ", given)} add up to {sum}; they need a finite sum other than zero.");
        }
        return [.. given.Select(weight => (float)(weight / sum))];
    }
}
