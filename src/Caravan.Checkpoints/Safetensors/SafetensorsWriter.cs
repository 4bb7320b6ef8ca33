using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Writes safetensors files, with memory for a few chunks only.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes the tensors under their names, aligned, with <c>"format": "pt"</c> in the metadata as transformers
    /// wants it. The file appears under its name when all of it is on the disk.
    /// </summary>
    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="tensors">In any order; the file's order is by element size, then by name.</param>
    /// <param name="metadata">Instead of <c>{"format": "pt"}</c>.</param>
    /// <param name="progress">Told the number of bytes of each piece written.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <returns>The file's SHA-256 in hexadecimal.</returns>
    /// <exception cref="BadInputException">
    /// A name occurs twice, a source is truncated, or there is no space.
    /// </exception>
    public static string Write(
        string path, IReadOnlyCollection<WeightTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var byName = new Dictionary<string, WeightTensor>();
        foreach (var tensor in tensors)
        {
            if (tensor.Info.Name == "__metadata__" || !byName.TryAdd(tensor.Info.Name, tensor))
            {
                throw new BadInputException(
                    $"{path}: there cannot be two tensors named '{tensor.Info.Name}' in a file.");
            }
        }
        var layout = new SafetensorsLayout(tensors.Select(tensor => tensor.Info), metadata);
        if (layout.Header.Length - 8 > SafetensorsHeader.MaxJsonLength)
            throw new BadInputException($"{path}: too many tensors for one safetensors file; use smaller shards.");
        var places = layout.Tensors.Select((info, i) => (byName[info.Name], layout.Positions[i]));
        return WeightFileWriter.Write(
            path, [.. places], layout.FileLength, i => i == 0 ? layout.Header : [], null, progress, cancellation);
    }
}
