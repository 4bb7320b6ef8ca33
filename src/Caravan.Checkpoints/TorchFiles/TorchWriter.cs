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
    /// <returns>The file's SHA-256 in hexadecimal.</returns>
    /// <exception cref="BadInputException">
    /// A name occurs twice, a type has no storage in PyTorch, or there is no space.
    /// </exception>
    public static string Write(
        string path, IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string>? aliases = null,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var entries = new List<(TensorInfo Info, int Key)>();
        var keys = new Dictionary<string, int>();
        foreach (var tensor in tensors)
        {
            entries.Add((tensor.Info, keys.Count));
            if (!keys.TryAdd(tensor.Info.Name, keys.Count))
            {
                throw new BadInputException(
                    $"{path}: there cannot be two tensors named '{tensor.Info.Name}' in a file.");
            }
        }
        foreach (var (alias, original) in aliases ?? new Dictionary<string, string>())
        {
            if (keys.TryGetValue(original, out var key) && !keys.ContainsKey(alias))
                entries.Add((tensors[key].Info.WithName(alias), key));
        }
        var root = Path.GetFileNameWithoutExtension(path);
        var zip = new ZipLayout();
        zip.Add($"{root}/data.pkl", PickleWriter.StateDictionary(entries));
        zip.Add($"{root}/byteorder", "little"u8);
        var places = tensors.Select(
            (tensor, i) => (tensor, zip.Reserve($"{root}/data/{i}", tensor.Info.ByteLength))).ToList();
        zip.Add($"{root}/version", "3\n"u8);
        zip.AddDirectory();
        return WeightFileWriter.Write(
            path, places, zip.Length, zip.BytesBefore, zip.AppendToChecksum, progress, cancellation);
    }
}
