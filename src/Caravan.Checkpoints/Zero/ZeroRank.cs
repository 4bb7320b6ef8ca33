using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The optimizer file of one rank: its share of the fp32 weights.</summary>
internal sealed class ZeroRank : IDisposable
{
    private readonly TorchArchive _archive;

    private ZeroRank(TorchArchive archive) => _archive = archive;

    public string Path => _archive.Path;

    public required int Stage { get; init; }

    public required long Partitions { get; init; }

    /// <summary>
    /// Flat fp32 vectors: of stages 1 and 2 one for each group, of stage 3 the sub-groups one after the other.
    /// </summary>
    public required IReadOnlyList<WeightTensor> Flat { get; init; }

    public static ZeroRank Open(string path)
    {
        var archive = TorchArchive.Open(path, opaque: true);
        try
        {
            BadInputException Bad(string what) =>
                new($"{path}: {what} This is not a ZeRO optimizer file, or it is damaged.");

            if (archive.Root is not PickleDictionary root || root["optimizer_state_dict"] is not PickleDictionary state)
                throw Bad("'optimizer_state_dict' is missing.");
            var stage = Integer(state["zero_stage"]) ?? throw Bad("'zero_stage' is missing.");
            var partitions = state["partition_count"] is List<object?> counts
                ? counts.Max(Integer) : Integer(state["partition_count"]);
            var key = stage switch
            {
                1 or 2 => "single_partition_of_fp32_groups",
                3 => "fp32_flat_groups",
                _ => throw Bad($"'zero_stage' is {stage}; 1, 2 and 3 are known."),
            };
            if (state[key] is not List<object?> groups || groups.Any(group => group is not PickleTensor))
                throw Bad($"'{key}' is not a list of tensors.");
            var flat = groups.Select((group, i) => archive.Tensor($"{key}[{i}]", (PickleTensor)group!)).ToList();
            if (flat.Find(tensor => tensor.Info.Type != WeightType.F32) is { } other)
                throw Bad($"{other.Info} is not in single precision.");
            return new ZeroRank(archive)
            {
                Stage = (int)stage,
                Partitions = partitions ?? throw Bad("'partition_count' is missing."),
                Flat = flat,
            };
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public void Dispose() => _archive.Dispose();

    /// <summary>A number, also as DeepSpeed's enumeration object.</summary>
    private static long? Integer(object? value) => value switch
    {
        long number => number,
        PickleObject { Arguments: [long number] } => number,
        _ => null,
    };
}
