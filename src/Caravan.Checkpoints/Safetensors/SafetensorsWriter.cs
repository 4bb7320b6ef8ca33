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
    /// <exception cref="BadInputException">A name occurs twice, a source is truncated, or there is no space.</exception>
    public static void Write(
        string path, IReadOnlyCollection<WeightTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var byName = new Dictionary<string, WeightTensor>();
        foreach (var tensor in tensors)
        {
            if (tensor.Info.Name == "__metadata__" || !byName.TryAdd(tensor.Info.Name, tensor))
                throw new BadInputException($"{path}: there cannot be two tensors named '{tensor.Info.Name}' in a file.");
        }
        var layout = new SafetensorsLayout(tensors.Select(tensor => tensor.Info), metadata);
        if (layout.Header.Length - 8 > SafetensorsHeader.MaxJsonLength)
            throw new BadInputException($"{path}: too many tensors for one safetensors file; use smaller shards.");
        DiskSpace.Require(path, layout.FileLength);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(layout.Header);
            stream.Flush();
            var handle = ((FileStream)stream).SafeFileHandle;
            RandomAccess.SetLength(handle, layout.FileLength);
            var jobs = layout.Tensors.Select((info, i) => (byName[info.Name], layout.Positions[i]));
            TensorPump.Run(handle, [.. jobs], progress, cancellation);
        });
    }
}
