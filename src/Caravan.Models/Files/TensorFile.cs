using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Named tensors in one safetensors file: optimizer states, golden values.</summary>
public sealed class TensorFile : IDisposable
{
    private const int PieceLength = 1 << 26;

    private readonly SafetensorsFile _file;

    private TensorFile(SafetensorsFile file) => _file = file;

    /// <exception cref="Caravan.Files.BadInputException">The file is missing or damaged.</exception>
    public static TensorFile Open(string path) => new(SafetensorsFile.Open(path));

    /// <summary>The names of the tensors.</summary>
    public IEnumerable<string> Names => _file.Tensors.Select(info => info.Name);

    /// <summary>A copy of a tensor, on the CPU.</summary>
    /// <exception cref="Caravan.Files.BadInputException">There is no tensor of this name.</exception>
    public unsafe Tensor Read(string name)
    {
        var stored = _file[name];
        var tensor = Tensor.empty([.. stored.Info.Shape], TorchTensors.DtypeOf(stored.Info));
        var length = stored.Info.ByteLength;
        for (long at = 0; at < length; at += PieceLength)
        {
            var piece = (byte*)tensor.DataPointer + at;
            stored.Read(at, new Span<byte>(piece, (int)Math.Min(PieceLength, length - at)));
        }
        return tensor;
    }

    /// <summary>Writes the tensors; the file appears when it is complete.</summary>
    /// <returns>The file's SHA-256, of the bytes on their way into it.</returns>
    public static string Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        return SafetensorsWriter.Write(
            path, [.. tensors.Select(pair => TorchTensors.Stored(pair.Key, pair.Value.to(Device.Cpu).contiguous()))]);
    }

    public void Dispose() => _file.Dispose();
}
