using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A safetensors file (https://github.com/huggingface/safetensors), opened for reading. The header is read and checked
/// at once; numbers are read or mapped when asked for.
/// </summary>
public sealed class SafetensorsFile : ITensorFile
{
    private readonly WeightFile _file;
    private readonly Dictionary<string, FileTensor> _tensors = [];

    private SafetensorsFile(WeightFile file)
    {
        _file = file;
        var header = SafetensorsHeader.Read(file);
        Metadata = header.Metadata;
        foreach (var (info, begin) in header.Entries)
            _tensors.Add(info.Name, new FileTensor(info, file, header.DataStart + begin));
        Tensors = [.. header.Entries.Select(entry => entry.Info)];
    }

    public string Path => _file.Path;

    /// <summary>The tensors in the order of their bytes in the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The <c>__metadata__</c> map; empty if the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header completely.</summary>
    /// <exception cref="BadInputException">The file is missing, truncated, damaged or of another format.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = WeightFile.Open(path);
        try
        {
            return new SafetensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    IReadOnlyDictionary<string, string> ITensorFile.Aliases { get; } = new Dictionary<string, string>();

    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>A tensor to be read piece by piece.</summary>
    /// <exception cref="BadInputException">The file has no tensor of this name.</exception>
    public WeightTensor this[string name] => Find(name);

    /// <summary>A tensor's bytes in mapped memory, valid until this object is disposed.</summary>
    /// <param name="writable">Whether the memory may be written to, in copies of its pages that only this process
    /// sees.</param>
    /// <exception cref="BadInputException">The file has no tensor of this name.</exception>
    public MappedTensor Map(string name, bool writable = false) => Find(name).Map(writable);

    public void Dispose() => _file.Dispose();

    private FileTensor Find(string name) =>
        _tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new BadInputException($"{Path}: there is no tensor '{name}' in this file.");
}
