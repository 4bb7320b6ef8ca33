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
        IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Write(path, tensors, metadata, null, progress, cancellation);

    /// <param name="path">As above.</param>
    /// <param name="tensors">As above.</param>
    /// <param name="metadata">As above.</param>
    /// <param name="observe">Given the file's layout, the observer of its chunks in order.</param>
    /// <param name="progress">As above.</param>
    /// <param name="cancellation">As above.</param>
    internal static void Write(
        string path, IReadOnlyCollection<WeightTensor> tensors, IReadOnlyDictionary<string, string>? metadata,
        Func<SafetensorsLayout, ChunkObserver>? observe, IProgress<long>? progress, CancellationToken cancellation)
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
            TensorPump.Run(handle, [.. jobs], observe?.Invoke(layout), progress, cancellation);
        });
    }
}
