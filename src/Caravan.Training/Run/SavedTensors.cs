using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Training.Run;

/// <summary>Tensors in memory against the same ones on the disk.</summary>
internal static class SavedTensors
{
    /// <summary>What the tensors take on the disk.</summary>
    public static long Bytes(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.Sum(pair => pair.Value.Count * pair.Value.Dtype.Size());

    /// <summary>Reads files back and compares them bit by bit.</summary>
    /// <exception cref="IOException">A tensor is missing or is another one.</exception>
    public static void Verify(string folder, string pattern, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var noGradients = GradientMode.Disable();
        var expected = tensors.ToDictionary();
        foreach (var path in Directory.EnumerateFiles(folder, pattern))
        {
            using var file = TensorFile.Open(path);
            foreach (var name in file.Names)
            {
                using var scope = new TensorScope();
                if (expected.Remove(name, out var tensor) && !file.Read(name).equal(tensor.to(Device.Cpu)))
                    throw new IOException($"{path}: tensor {name} is not what was written; is the disk failing?");
            }
        }
        if (expected.Count > 0)
            throw new IOException($"{folder}: tensor {expected.Keys.First()} was not written.");
    }
}
