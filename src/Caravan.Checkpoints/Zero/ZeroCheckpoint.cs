using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A DeepSpeed checkpoint folder, of a ZeRO run or universal. Of a ZeRO run each rank holds a share of the fp32 weights
/// as flat vectors. Given as the model's tensors, each assembled from its pieces only when it is read.
/// </summary>
internal static partial class ZeroCheckpoint
{
    /// <param name="directory">The folder that holds <c>latest</c> and the tags.</param>
    /// <param name="tag">Which checkpoint; null for the one that <c>latest</c> names.</param>
    /// <param name="stripPrefix">Dropped once from each name, which must have it; null to keep the names.</param>
    /// <param name="excludeFrozen">Whether to leave out parameters that were not trained.</param>
    /// <exception cref="BadInputException">A rank's file is missing, or sizes do not add up.</exception>
    public static WeightSource Open(string directory, string? tag, string? stripPrefix, bool excludeFrozen)
    {
        if (UniversalCheckpoint.Find(directory, tag) is { } universal)
            return UniversalCheckpoint.Open(universal, Stripper(universal, stripPrefix));
        var folder = FindFolder(directory, tag);
        var optimizerFiles = Files(folder, "*_optim_states.pt");
        var modelFiles = Files(folder, "*_model_states.pt");
        RefuseOtherParallelism(folder);
        var owners = new List<IDisposable>();
        try
        {
            var ranks = optimizerFiles.Select(path => Keep(ZeroRank.Open(path), owners)).ToList();
            var states = modelFiles.Select(path => Keep(ZeroModelState.Open(path), owners)).ToList();
            CheckRanks(folder, ranks, states);
            var tensors = new Dictionary<string, WeightTensor>();
            foreach (var buffer in states[0].Buffers())
                tensors[buffer.Info.Name] = CastTensor.To(WeightType.F32, buffer);
            if (!excludeFrozen)
                AddFrozen(ranks[0].Stage, states, tensors);
            if (ranks[0].Stage == 3)
                AddInterleaved(folder, ranks, states[0], tensors);
            else
                AddPartitioned(folder, ranks, states[0], tensors);
            var strip = Stripper(folder, stripPrefix);
            var aliases = states[0].SharedParameters().Where(pair => tensors.ContainsKey(pair.Name))
                .ToDictionary(pair => strip(pair.Alias), pair => strip(pair.Name));
            return new WeightSource(
                [.. tensors.Values.Where(tensor => !WeightSource.IsBuffer(tensor.Info.Name))
                    .Select(tensor => tensor.Renamed(strip(tensor.Info.Name)))],
                aliases, [.. optimizerFiles, .. modelFiles], owners);
        }
        catch
        {
            foreach (var owner in owners)
                owner.Dispose();
            throw;
        }
    }

    /// <summary>Stages 1 and 2: a group's vector is the ranks' partitions one after the other.</summary>
    private static void AddPartitioned(
        string folder, List<ZeroRank> ranks, ZeroModelState state, Dictionary<string, WeightTensor> tensors)
    {
        var groups = state.ParameterGroups();
        if (ranks.Exists(rank => rank.Flat.Count != groups.Count))
        {
            throw Bad(
                folder, $"the model has {groups.Count} parameter groups but a rank has another number of vectors.");
        }
        for (var g = 0; g < groups.Count; g++)
        {
            var partitions = ranks.Select(rank => rank.Flat[g]).ToList();
            var available = partitions.Sum(partition => partition.Info.ElementCount);
            long at = 0;
            foreach (var info in groups[g])
            {
                if (info.ElementCount > available - at)
                {
                    throw Bad(
                        folder, $"parameter '{info.Name}' {info.ShapeText} reaches beyond the {available} numbers of " +
                        $"group {g}.");
                }
                tensors[info.Name] = new SegmentedTensor(info, Pieces(partitions, at, info.ElementCount));
                at += info.ElementCount;
            }
            // Partitions are padded to a multiple of twice the ranks; only that may be left.
            long unit = 2L * ranks.Count;
            if ((at + unit - 1) / unit != (available + unit - 1) / unit)
                throw Bad(folder, $"group {g} has {available} numbers and its parameters take {at}.");
        }
    }

    /// <summary>Stage 3: every parameter is split over all ranks, each piece padded to the same length.</summary>
    private static void AddInterleaved(
        string folder, List<ZeroRank> ranks, ZeroModelState state, Dictionary<string, WeightTensor> tensors)
    {
        var available = ranks.Min(rank => rank.Flat.Sum(flat => flat.Info.ElementCount));
        long at = 0;
        foreach (var info in state.ParameterGroups().SelectMany(group => group))
        {
            var piece = (info.ElementCount + ranks.Count - 1) / ranks.Count;
            if (piece > available - at)
            {
                throw Bad(
                    folder, $"parameter '{info.Name}' {info.ShapeText} reaches beyond the {available} numbers of " +
                    "each rank.");
            }
            var start = at;
            tensors[info.Name] = new SegmentedTensor(info, ranks.SelectMany(rank => Pieces(rank.Flat, start, piece)));
            at += piece;
        }
        var total = ranks.Sum(rank => rank.Flat.Sum(flat => flat.Info.ElementCount));
        if (at * ranks.Count != total)
            throw Bad(folder, $"the ranks have {total} numbers together and the parameters take {at * ranks.Count}.");
    }

    private static void AddFrozen(int stage, List<ZeroModelState> states, Dictionary<string, WeightTensor> tensors)
    {
        foreach (var info in states[0].FrozenParameters())
        {
            // Stages 1 and 2 keep whole fragments on every rank; stage 3 splits them like the others.
            var fragments = (stage == 3 ? states : states[..1]).Select(
                state => state.FrozenFragment(info.Name)).ToList();
            var available = fragments.Sum(fragment => fragment.Info.ElementCount);
            if (available < info.ElementCount)
            {
                throw Bad(
                    states[0].Path, $"frozen parameter '{info.Name}' {info.ShapeText} has only {available} numbers.");
            }
            var type = fragments[0].Info.Type;
            if (!type.IsFloatingPoint() || fragments.Exists(fragment => fragment.Info.Type != type))
            {
                throw Bad(
                    states[0].Path, $"frozen parameter '{info.Name}' has fragments of different or unsuitable types.");
            }
            tensors[info.Name] = CastTensor.To(WeightType.F32, new SegmentedTensor(
                info.WithType(type), fragments.Select(fragment => (fragment, 0L, fragment.Info.ElementCount))));
        }
    }

    /// <summary>The pieces of <paramref name="parts"/>, laid end to end, from <paramref name="start"/> on.</summary>
    private static List<(WeightTensor, long, long)> Pieces(IReadOnlyList<WeightTensor> parts, long start, long count)
    {
        var pieces = new List<(WeightTensor, long, long)>();
        long partStart = 0;
        foreach (var part in parts)
        {
            var from = Math.Max(start, partStart);
            var to = Math.Min(start + count, partStart + part.Info.ElementCount);
            if (from < to)
                pieces.Add((part, from - partStart, to - from));
            partStart += part.Info.ElementCount;
        }
        return pieces;
    }

    private static void CheckRanks(string folder, List<ZeroRank> ranks, List<ZeroModelState> states)
    {
        foreach (var rank in ranks)
        {
            if (rank.Stage != ranks[0].Stage)
                throw Bad(folder, $"{rank.Path} is of ZeRO stage {rank.Stage}, others of {ranks[0].Stage}.");
            if (rank.Partitions != ranks.Count)
            {
                throw Bad(folder,
                    $"{rank.Path} says that there are {rank.Partitions} ranks, but {ranks.Count} optimizer files are " +
                    "there. The checkpoint is incomplete, or a run with another number of ranks wrote over it.");
            }
        }
        if (ranks[0].Stage == 3 && states.Count != ranks.Count)
            throw Bad(folder, $"there are {states.Count} model-state files for {ranks.Count} ranks.");
    }

    private static string FindFolder(string directory, string? tag)
    {
        if (tag is null)
        {
            var latest = Path.Combine(directory, "latest");
            if (!File.Exists(latest))
                throw Bad(directory, "there is no file 'latest' that names the checkpoint. Give its tag with --tag.");
            tag = File.ReadAllText(latest).Trim();
        }
        if (tag.Length == 0 || tag.AsSpan().ContainsAny('/', '\\') || tag is "." or "..")
            throw Bad(directory, $"'{tag}' is not the name of a checkpoint folder.");
        var folder = Path.Combine(directory, tag);
        return Directory.Exists(folder) ? folder : throw Bad(directory, $"there is no checkpoint folder '{tag}'.");
    }

    private static List<string> Files(string folder, string pattern)
    {
        var files = Directory.GetFiles(folder, pattern)
            .OrderBy(
                file => Digits().Replace(Path.GetFileName(file), digits => digits.Value.PadLeft(9, '0')),
                StringComparer.Ordinal)
            .ToList();
        return files.Count > 0 ? files : throw Bad(folder, $"there are no files {pattern}.");
    }

    private static void RefuseOtherParallelism(string folder)
    {
        foreach (var path in Directory.GetFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith("layer_", StringComparison.Ordinal) || OtherModelRank().IsMatch(name))
                throw Bad(folder, $"{name} belongs to tensor, pipeline or expert parallelism, which is not supported.");
        }
    }

    private static Func<string, string> Stripper(string folder, string? prefix) => name =>
        prefix is null ? name
        : name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..]
        : throw Bad(
            folder, $"parameter '{name}' does not begin with '{prefix}', which should be stripped from all names.");

    private static T Keep<T>(T owner, List<IDisposable> owners)
        where T : IDisposable
    {
        owners.Add(owner);
        return owner;
    }

    private static BadInputException Bad(string path, string what) => new($"{path}: {what}");

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"mp_rank_(?!00_)\d+_|expert_\d+")]
    private static partial Regex OtherModelRank();
}
