using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// All weights of a model directory, from one file or from shards with an index. Headers are read and checked when it
/// is opened; numbers are read or mapped when asked for.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private static readonly string[] SingleNames = ["model.safetensors", "pytorch_model.bin"];

    private readonly List<ITensorFile> _files = [];
    private readonly Dictionary<string, ITensorFile> _fileOf = [];
    private readonly List<TensorInfo> _tensors = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, string> _aliases = [];

    private ModelWeights(string path) => Path = path;

    /// <summary>The directory or file that was opened.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the files and of the bytes in them.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _tensors;

    /// <summary>
    /// What is odd but does not change the result: a wrong total in the index, tensors it does not list.
    /// </summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>
    /// For tensors whose bytes are those of an earlier one, as PyTorch files store tied weights: the earlier name.
    /// </summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    /// <summary>The weight files, in the order of their tensors.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(file => file.Path)];

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
    /// <param name="writable">Whether the memory may be written to, in copies of its pages that only this process
    /// sees.</param>
    /// <exception cref="BadInputException">There is no tensor of this name.</exception>
    public MappedTensor Map(string name, bool writable = false) => FileWith(name).Map(name, writable);

    /// <summary>Compares the checksums that PyTorch's files carry with their bytes.</summary>
    /// <exception cref="BadInputException">An entry of a file differs.</exception>
    public void VerifyChecksums(CancellationToken cancellation)
    {
        foreach (var file in _files.OfType<TorchWeightFile>())
            file.VerifyChecksums(cancellation);
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    private ITensorFile FileWith(string name) =>
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
        foreach (var singleName in SingleNames)
        {
            var single = System.IO.Path.Combine(Path, singleName);
            var index = $"{single}.index.json";
            if (File.Exists(index))
            {
                OpenShards(WeightIndex.Read(index), File.Exists(single) ? singleName : null);
                return;
            }
            if (File.Exists(single))
            {
                OpenSingle(single);
                return;
            }
        }
        throw new BadInputException(
            $"{Path}: no weights found: neither {string.Join(" nor ", SingleNames)}, nor an index of shards, is in " +
            "the directory. Check that this is a model directory and that its download is complete.");
    }

    private void OpenSingle(string path)
    {
        var file = OpenFile(path);
        foreach (var info in file.Tensors)
            Add(info, file);
    }

    private ITensorFile OpenFile(string path)
    {
        ITensorFile file = path.EndsWith(".safetensors", StringComparison.Ordinal) || !TorchWeightFile.IsTorchFile(path)
            ? SafetensorsFile.Open(path)
            : TorchWeightFile.Open(path);
        _files.Add(file);
        return file;
    }

    private void OpenShards(WeightIndex index, string? alsoSingle)
    {
        var indexName = System.IO.Path.GetFileName(index.Path);
        foreach (var name in index.Files)
        {
            var path = System.IO.Path.Combine(Path, name);
            if (!File.Exists(path))
            {
                throw new BadInputException(
                    $"{path}: this shard is listed in {indexName} but does not exist. Fetch it" +
                    $"{(alsoSingle is not null ? $"; or, if {alsoSingle} holds the model, delete {indexName}" : "")}.");
            }
            var file = OpenFile(path);
            foreach (var info in file.Tensors)
            {
                if (index.FileOf.GetValueOrDefault(info.Name) == name)
                    Add(info, file);
                else
                    _warnings.Add($"{path}: tensor '{info.Name}' is not listed for this file in {indexName}; ignored.");
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
        if (alsoSingle is not null)
            _warnings.Add($"{Path}: {alsoSingle} is there as well; the shards of {indexName} are used.");
    }

    private void Add(TensorInfo info, ITensorFile file)
    {
        _fileOf.Add(info.Name, file);
        _tensors.Add(info);
        if (file.Aliases.TryGetValue(info.Name, out var earlier) && _fileOf.ContainsKey(earlier))
            _aliases.Add(info.Name, earlier);
    }
}
