using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// All weights of a model directory, from one file or from shards with an index. Headers are read and checked when it
/// is opened; numbers are read or mapped when asked for.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];
    private readonly List<TensorInfo> _tensors = [];
    private readonly List<string> _warnings = [];

    private ModelWeights(string path) => Path = path;

    /// <summary>The directory or file that was opened.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the files and of the bytes in them.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _tensors;

    /// <summary>What is odd but does not change the result: a wrong total in the index, tensors it does not list.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength => _tensors.Sum(info => info.ByteLength);

    /// <summary>Opens a model directory, or a single weight file.</summary>
    /// <exception cref="BadInputException">
    /// There are no weights, a shard is missing or truncated, or a tensor of the index is not where it should be. The
    /// message names the file and the tensor.
    /// </exception>
    public static ModelWeights Open(string path)
    {
        var weights = new ModelWeights(path);
        try
        {
            weights.OpenFiles();
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _fileOf.ContainsKey(name);

    /// <summary>A tensor to be read piece by piece.</summary>
    /// <exception cref="BadInputException">There is no tensor of this name.</exception>
    public WeightTensor this[string name] => FileWith(name)[name];

    /// <summary>A tensor's bytes in memory, valid until this object is disposed.</summary>
    /// <exception cref="BadInputException">There is no tensor of this name.</exception>
    public MappedTensor Map(string name) => FileWith(name).Map(name);

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private SafetensorsFile FileWith(string name) =>
        _fileOf.TryGetValue(name, out var file)
            ? file
            : throw new BadInputException($"{Path}: there is no tensor '{name}' in the weights.");

    private void OpenFiles()
    {
        if (File.Exists(Path))
        {
            OpenSingle(Path);
            return;
        }
        if (!Directory.Exists(Path))
            throw new BadInputException($"{Path}: there is no such directory or file. Check the path of the model.");
        var single = System.IO.Path.Combine(Path, SingleName);
        var index = System.IO.Path.Combine(Path, IndexName);
        if (File.Exists(index))
            OpenShards(WeightIndex.Read(index), alsoSingle: File.Exists(single));
        else if (File.Exists(single))
            OpenSingle(single);
        else
        {
            throw new BadInputException(
                $"{Path}: no weights found: neither {SingleName} nor {IndexName} is in the directory. " +
                "Check that this is a model directory and that its download is complete.");
        }
    }

    private void OpenSingle(string path)
    {
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (var info in file.Tensors)
            Add(info, file);
    }

    private void OpenShards(WeightIndex index, bool alsoSingle)
    {
        foreach (var name in index.Files)
        {
            var path = System.IO.Path.Combine(Path, name);
            if (!File.Exists(path))
            {
                throw new BadInputException(
                    $"{path}: this shard is listed in {IndexName} but does not exist. Fetch it" +
                    $"{(alsoSingle ? $"; or, if {SingleName} holds the model, delete {IndexName}" : "")}.");
            }
            var file = SafetensorsFile.Open(path);
            _files.Add(file);
            foreach (var info in file.Tensors)
            {
                if (index.FileOf.GetValueOrDefault(info.Name) == name)
                    Add(info, file);
                else
                    _warnings.Add($"{path}: tensor '{info.Name}' is not listed for this file in {IndexName}; ignored.");
            }
        }
        foreach (var (tensor, file) in index.FileOf)
        {
            if (!_fileOf.ContainsKey(tensor))
            {
                throw new BadInputException(
                    $"{index.Path}: tensor '{tensor}' should be in {file} but is not. " +
                    "The index and the shards are of different saves; fetch both again.");
            }
        }
        if (index.TotalSize is { } total && total != ByteLength)
            _warnings.Add($"{index.Path}: total_size says {total} bytes; the tensors have {ByteLength}.");
        if (alsoSingle)
            _warnings.Add($"{Path}: {SingleName} is there as well; the shards of {IndexName} are used.");
    }

    private void Add(TensorInfo info, SafetensorsFile file)
    {
        _fileOf.Add(info.Name, file);
        _tensors.Add(info);
    }
}
