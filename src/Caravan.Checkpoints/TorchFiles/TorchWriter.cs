using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Writes <c>.bin</c> files that stock PyTorch loads, also with <c>weights_only=True</c>.</summary>
public static class TorchWriter
{
    /// <summary>Writes the tensors in the given order; the file appears when all of it is on the disk.</summary>
    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="tensors">In the order of the model.</param>
    /// <param name="aliases">Tied weights: further names for tensors that are written, sharing their storage.</param>
    /// <param name="progress">Told the number of bytes of each piece written.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <exception cref="BadInputException">A name occurs twice, a type has no storage in PyTorch, or there is no space.</exception>
    public static void Write(
        string path, IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string>? aliases = null,
        IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        Write(path, tensors, aliases, null, progress, cancellation);

    internal static void Write(
        string path, IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string>? aliases,
        ChunkObserver? observer, IProgress<long>? progress, CancellationToken cancellation)
    {
        var entries = new List<(TensorInfo Info, int Key)>();
        var keys = new Dictionary<string, int>();
        foreach (var tensor in tensors)
        {
            entries.Add((tensor.Info, keys.Count));
            if (!keys.TryAdd(tensor.Info.Name, keys.Count))
                throw new BadInputException($"{path}: there cannot be two tensors named '{tensor.Info.Name}' in a file.");
        }
        foreach (var (alias, original) in aliases ?? new Dictionary<string, string>())
        {
            if (keys.TryGetValue(original, out var key) && !keys.ContainsKey(alias))
                entries.Add((tensors[key].Info.WithName(alias), key));
        }
        var pickle = PickleWriter.StateDictionary(entries);
        DiskSpace.Require(path, tensors.Sum(tensor => tensor.Info.ByteLength + 256) + pickle.Length);
        AtomicFile.Write(path, stream =>
            WriteArchive((FileStream)stream, Path.GetFileNameWithoutExtension(path), pickle, tensors, observer, progress, cancellation));
    }

    private static void WriteArchive(
        FileStream stream, string root, byte[] pickle, IReadOnlyList<WeightTensor> tensors, ChunkObserver? observer,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        var zip = new ZipWriter(stream);
        zip.Add($"{root}/data.pkl", pickle);
        zip.Add($"{root}/byteorder", "little"u8);
        const int firstData = 2;
        var jobs = new (WeightTensor, long)[tensors.Count];
        for (var i = 0; i < tensors.Count; i++)
        {
            jobs[i] = (tensors[i], zip.Reserve($"{root}/data/{i}", tensors[i].Info.ByteLength));
            stream.Seek(tensors[i].Info.ByteLength, SeekOrigin.Current);
        }
        zip.Add($"{root}/version", "3\n"u8);
        stream.Flush();
        var checksums = new Crc32[tensors.Count];
        for (var i = 0; i < checksums.Length; i++)
            checksums[i] = new Crc32();
        TensorPump.Run(stream.SafeFileHandle, jobs, (tensor, offset, chunk) =>
        {
            checksums[tensor].Append(chunk);
            observer?.Invoke(tensor, offset, chunk);
        }, progress, cancellation);
        for (var i = 0; i < checksums.Length; i++)
            zip.SetChecksum(firstData + i, checksums[i].Value);
        zip.Finish();
    }
}
