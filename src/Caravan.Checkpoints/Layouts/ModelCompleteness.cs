namespace Caravan.Checkpoints;

/// <summary>How a folder's weights compare with what its configuration asks for.</summary>
/// <param name="IsKnown">Whether the architecture is one whose tensors are known; else all lists are empty.</param>
/// <param name="Missing">Tensors that should be there.</param>
/// <param name="Unexpected">Tensors that have no place in the architecture.</param>
/// <param name="WrongShapes">Tensors of another shape, with both.</param>
/// <param name="Tied">
/// Weights that are others again, by the file or by the configuration: alias to the stored name.
/// </param>
public sealed record ModelCompleteness(
    bool IsKnown, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> WrongShapes,
    IReadOnlyDictionary<string, string> Tied)
{
    /// <summary>Whether all is there and fits, as far as it is known.</summary>
    public bool IsComplete => Missing.Count == 0 && WrongShapes.Count == 0;

    /// <summary>Compares the weights with the configuration; without one, only what the files say is known.</summary>
    /// <exception cref="Files.BadInputException">A key of the configuration has a value of a wrong type.</exception>
    public static ModelCompleteness Check(ModelWeights weights, ModelConfigFile? config)
    {
        var tied = new SortedDictionary<string, string>(weights.Aliases.ToDictionary(), StringComparer.Ordinal);
        if (config is null || ModelLayout.Of(config) is not { } layout)
            return new(false, [], [], [], tied);
        var found = new Dictionary<string, TensorInfo>();
        foreach (var info in weights.Tensors.Where(info => !WeightSource.IsBuffer(info.Name)))
            found[layout.Shapes.ContainsKey(info.Name) ? info.Name : layout.Prefix + info.Name] = info;
        if (layout.Tied is var (head, embedding) && !found.ContainsKey(head) && found.ContainsKey(embedding))
            tied[head] = embedding;
        return new(
            true,
            [.. layout.Shapes.Keys.Where(name => !found.ContainsKey(name) && !tied.ContainsKey(name))],
            [.. found.Where(pair => !layout.Shapes.ContainsKey(pair.Key) && !IsQuantisationState(pair.Key))
                .Select(pair => pair.Value.Name)],
            [.. from pair in found
                where layout.Shapes.TryGetValue(pair.Key, out var shape) && !Fits(pair.Value, shape)
                let wanted = string.Join(", ", layout.Shapes[pair.Key])
                select $"{pair.Value.Name} {pair.Value.ShapeText} instead of [{wanted}]"],
            tied);
    }

    private static bool IsQuantisationState(string name) => name.Contains(".weight.", StringComparison.Ordinal);

    /// <summary>Quantised weights are packed; their shape is described elsewhere.</summary>
    private static bool Fits(TensorInfo info, long[] shape) =>
        info.Shape.SequenceEqual(shape) || info.Type == WeightType.U8;
}
