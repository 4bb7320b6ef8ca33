using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Named tensors in one safetensors file: optimizer states, golden values.</summary>
public sealed class TensorFile : IDisposable
{
    private readonly SafetensorsFile _file;

    private TensorFile(SafetensorsFile file) => _file = file;

    /// <exception cref="Caravan.Files.BadInputException">The file is missing or damaged.</exception>
    public static TensorFile Open(string path) => new(SafetensorsFile.Open(path));

    /// <summary>The names of the tensors.</summary>
    public IEnumerable<string> Names => _file.Tensors.Select(info => info.Name);

    /// <summary>A copy of a tensor, on the CPU.</summary>
    /// <exception cref="Caravan.Files.BadInputException">There is no tensor of this name.</exception>
    public Tensor Read(string name)
    {
        using var scope = new TensorScope();
        return scope.Keep(TorchTensors.View(_file.Map(name), _file).clone());
    }

    /// <summary>Writes the tensors; the file appears when it is complete.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        SafetensorsWriter.Write(
            path, [.. tensors.Select(pair => TorchTensors.Stored(pair.Key, pair.Value.to(Device.Cpu).contiguous()))]);
    }

    public void Dispose() => _file.Dispose();
}
