using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>A <c>.bin</c>, <c>.pt</c> or <c>.pth</c> file of weights: a dictionary from names to tensors.</summary>
internal sealed class TorchWeightFile : ITensorFile
{
    private readonly TorchArchive _archive;
    private readonly Dictionary<string, WeightTensor> _tensors = [];
    private readonly Dictionary<string, string> _aliases = [];

    private TorchWeightFile(TorchArchive archive)
    {
        _archive = archive;
        var order = new List<TensorInfo>();
        var first = new Dictionary<string, string>();
        foreach (var (key, value) in FindState(archive).Items)
        {
            if (key is not string name || value is not PickleTensor view)
                continue;
            var tensor = archive.Tensor(name, view);
            _tensors.Add(name, tensor);
            order.Add(tensor.Info);
            // Views of equal shape over the same place are one tensor under two names.
            var strides = string.Join(',', view.Strides);
            var place = $"{view.Storage.Key}/{view.Offset}/{view.Type}/{tensor.Info.ShapeText}/{strides}";
            if (!first.TryAdd(place, name) && tensor.Info.ElementCount > 0)
                _aliases.Add(name, first[place]);
        }
        Tensors = order;
    }

    public string Path => _archive.Path;

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    public WeightTensor this[string name] => _tensors[name];

    /// <summary>Whether a file is for this reader, by its content or, failing that, by its name.</summary>
    public static bool IsTorchFile(string path)
    {
        using var file = WeightFile.Open(path);
        return file.KnownFormat() is { } format
            ? !format.Contains("safetensors", StringComparison.Ordinal)
            : System.IO.Path.GetExtension(path) is ".bin" or ".pt" or ".pth";
    }

    public static TorchWeightFile Open(string path)
    {
        var archive = TorchArchive.Open(path);
        try
        {
            return new TorchWeightFile(archive);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public MappedTensor Map(string name, bool writable = false) => _archive.Map(_tensors[name], writable);

    public void VerifyChecksums(CancellationToken cancellation) => _archive.VerifyChecksums(cancellation);

    public void Dispose() => _archive.Dispose();

    /// <summary>The dictionary of tensors: the saved object, or what stands under its only key.</summary>
    private static PickleDictionary FindState(TorchArchive archive)
    {
        if (archive.Root is not PickleDictionary root)
        {
            throw new BadInputException(
                $"{archive.Path}: the file does not hold a dictionary of tensors. Save the state_dict.");
        }
        if (root.Items is [{ Key: "state_dict" or "model" or "module", Value: PickleDictionary inner }])
            return inner;
        return root;
    }
}
