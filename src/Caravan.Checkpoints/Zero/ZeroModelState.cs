using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>A model-state file of a DeepSpeed checkpoint: names and shapes, buffers, frozen parameters.</summary>
internal sealed class ZeroModelState : IDisposable
{
    private readonly TorchArchive _archive;
    private readonly PickleDictionary _root;

    private ZeroModelState(TorchArchive archive)
    {
        _archive = archive;
        _root = archive.Root as PickleDictionary ?? throw Bad("it does not hold a dictionary.");
    }

    public string Path => _archive.Path;

    public static ZeroModelState Open(string path)
    {
        var archive = TorchArchive.Open(path, opaque: true);
        try
        {
            return new ZeroModelState(archive);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Names and shapes of the trained parameters, for each optimizer group, in the order of the flat vectors.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<TensorInfo>> ParameterGroups() => _root["param_shapes"] switch
    {
        List<object?> groups => [.. groups.Select(group => Shapes(group, "param_shapes"))],
        PickleDictionary only => [Shapes(only, "param_shapes")],
        _ => throw Bad("'param_shapes' is missing."),
    };

    public IReadOnlyList<TensorInfo> FrozenParameters() =>
        _root["frozen_param_shapes"] is PickleDictionary shapes ? Shapes(shapes, "frozen_param_shapes") : [];

    /// <summary>This rank's piece of a frozen parameter.</summary>
    public WeightTensor FrozenFragment(string name) =>
        _root["frozen_param_fragments"] is PickleDictionary fragments && fragments[name] is PickleTensor tensor
            ? _archive.Tensor(name, tensor)
            : throw Bad($"'frozen_param_fragments' has no '{name}'.");

    /// <summary>Buffers that are in the module's state.</summary>
    public IReadOnlyList<WeightTensor> Buffers()
    {
        if (_root["buffer_names"] is not List<object?> names || _root["module"] is not PickleDictionary module)
            return [];
        return [.. names.OfType<string>().Where(name => module[name] is PickleTensor)
            .Select(name => _archive.Tensor(name, (PickleTensor)module[name]!))];
    }

    /// <summary>Tied parameters: alias to the name under which the weight is stored.</summary>
    public IReadOnlyList<(string Alias, string Name)> SharedParameters() =>
        _root["shared_params"] switch
        {
            PickleDictionary map => [.. map.Items.Where(item => item is { Key: string, Value: string })
                .Select(item => ((string)item.Key!, (string)item.Value!))],
            List<object?> pairs => [.. pairs.Select(pair => pair switch
            {
                object?[] and [string alias, string name] => (alias, name),
                List<object?> and [string alias, string name] => (alias, name),
                _ => throw Bad("'shared_params' is not a list of pairs of names."),
            })],
            _ => [],
        };

    public void Dispose() => _archive.Dispose();

    private List<TensorInfo> Shapes(object? shapes, string key)
    {
        if (shapes is not PickleDictionary dictionary)
            throw Bad($"'{key}' is not a dictionary of shapes.");
        return [.. dictionary.Items.Select(item => item is { Key: string name, Value: object?[] sizes }
            && sizes.All(size => size is long)
                ? new TensorInfo(name, WeightType.F32, [.. sizes.Cast<long>()])
                : throw Bad($"'{key}' has an entry that is not a name with a shape."))];
    }

    private BadInputException Bad(string what) =>
        new($"{Path}: {what} This is not a DeepSpeed model-state file, or it is damaged.");
}
