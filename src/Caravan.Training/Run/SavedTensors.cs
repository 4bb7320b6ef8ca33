using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Training.Run;

/// <summary>Tensors on the disk.</summary>
internal static class SavedTensors
{
    private const int BeginningLength = 64;

    /// <summary>What the tensors take on the disk.</summary>
    public static long Bytes(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.Sum(pair => pair.Value.Count * pair.Value.Dtype.Size());

    /// <summary>Writes a file of tensors.</summary>
    /// <returns>Its SHA-256, by its name.</returns>
    public static Dictionary<string, string> Write(
        string folder, string name, IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        new() { [name] = TensorFile.Write(Path.Combine(folder, name), tensors) };

    /// <summary>The first numbers of each tensor, under its name.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Beginnings(
        IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.Select(pair => KeyValuePair.Create(
            pair.Key, pair.Value.view(-1).narrow(0, 0, Math.Min(BeginningLength, pair.Value.Count))));
}
