using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A model folder that a tool writes. All of it is first written beside the final name, in <c>NAME.partial</c>, with a
/// record of the finished weight files: a run that was interrupted goes on behind them when it is started again with
/// the same inputs and options.
/// </summary>
internal sealed class ModelOutput
{
    private const string RecordName = "caravan-progress.json";

    private readonly string _target;
    private readonly WeightOutputOptions _options;
    private readonly JsonObject _record;
    private readonly ConcurrentDictionary<string, bool> _overflowed = [];
    private readonly List<string> _warnings = [];

    private ModelOutput(string target, WeightOutputOptions options, string? plan)
    {
        _target = target;
        _options = options;
        Folder = target + ".partial";
        _record = Resume(plan);
    }

    /// <summary>Where to put files until <see cref="Commit"/>.</summary>
    public string Folder { get; }

    public IList<string> Warnings => _warnings;

    /// <summary>Prepares the folder.</summary>
    /// <param name="directory">The final name.</param>
    /// <param name="inputs">Files that are read; the output must not lie among them.</param>
    /// <param name="options">How to write.</param>
    /// <param name="operation">What is done, with every option that changes the result.</param>
    /// <param name="resumable">Whether a later run may go on where this one was interrupted.</param>
    /// <exception cref="BadInputException">The folder is not empty, or is one of the inputs.</exception>
    public static ModelOutput Begin(
        string directory, IReadOnlyList<string> inputs, WeightOutputOptions options, string operation,
        bool resumable = true)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (inputs.Any(input => Path.GetDirectoryName(Path.GetFullPath(input)) == target))
            throw new BadInputException($"{directory}: this is the folder of an input. Choose another output folder.");
        if (File.Exists(target))
            throw new BadInputException($"{directory}: this is a file; the output is a folder. Choose another name.");
        if (!options.Overwrite && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BadInputException($"{directory}: the output folder is not empty. Use --overwrite to replace it.");
        return new ModelOutput(target, options, resumable ? MakePlan(operation, options, inputs) : null);
    }

    /// <summary>Writes the tensors as shards with an index, skipping those that an interrupted run finished.</summary>
    /// <param name="tensors">In the order of the model.</param>
    /// <param name="aliases">Tied weights; kept in PyTorch's format, dropped in safetensors.</param>
    /// <param name="progress">Told how many bytes of all are written.</param>
    /// <param name="cancellation">Stops between chunks; the finished shards stay for the next run.</param>
    /// <exception cref="BadInputException">A number does not fit the type or is not finite; no space.</exception>
    public WriteReport WriteWeights(
        IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string> aliases,
        IProgress<WriteProgress>? progress, CancellationToken cancellation)
    {
        WeightTensor[] cast = [.. tensors.Select(tensor =>
            CastTensor.To(_options.Type, tensor, _options.Saturate, name => _overflowed[name] = true))];
        long total = cast.Sum(tensor => tensor.Info.ByteLength), done = 0;
        var shards = ShardPlan.Fill([.. cast.Select(tensor => tensor.Info.ByteLength)], _options.MaxShardSize);
        var (stem, extension) = _options.Format == WeightFormat.Torch ? ("pytorch_model", "bin") : ("model", "safetensors");
        var names = shards.Select((_, i) => ShardPlan.FileName(stem, extension, i, shards.Count)).ToArray();
        DiskSpace.Require(_target, total - names.Sum(name => Finished(name)?.Bytes ?? 0));
        var written = new List<WrittenShard>();
        for (var i = 0; i < shards.Count; i++)
        {
            WeightTensor[] content = [.. shards[i].Select(position => cast[position])];
            var bytes = content.Sum(tensor => tensor.Info.ByteLength);
            if (Finished(names[i]) is { } finished)
            {
                written.Add(finished);
                Report(progress, Interlocked.Add(ref done, bytes), total);
                continue;
            }
            var counter = new ByteProgress(count => Report(progress, Interlocked.Add(ref done, count), total));
            written.Add(WriteShard(names[i], content, aliases, counter, cancellation));
        }
        if (shards.Count > 1)
        {
            var places = shards.SelectMany((shard, i) => shard.Select(position => (cast[position].Info.Name, names[i])));
            WeightIndex.Write(Path.Combine(Folder, $"{stem}.{extension}.index.json"), places, total);
        }
        return new WriteReport(
            _target, written, cast.Length, cast.Sum(tensor => tensor.Info.ElementCount), _warnings);
    }

    /// <summary>Gives the folder its final name.</summary>
    public void Commit()
    {
        File.Delete(Path.Combine(Folder, RecordName));
        var old = $"{_target}.{Environment.ProcessId}.old";
        if (Directory.Exists(_target))
            Directory.Move(_target, old);
        Directory.Move(Folder, _target);
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }

    private WrittenShard WriteShard(
        string name, WeightTensor[] content, IReadOnlyDictionary<string, string> aliases, IProgress<long> progress,
        CancellationToken cancellation)
    {
        var path = Path.Combine(Folder, name);
        InspectedTensor[] inspected = [.. content.Select(tensor => new InspectedTensor(tensor))];
        string hash;
        if (_options.Format == WeightFormat.Torch)
        {
            TorchWriter.Write(path, inspected, aliases, progress, cancellation);
            using var stream = File.OpenRead(path);
            hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        else
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            SafetensorsWriter.Write(path, inspected, null, layout =>
            {
                sha.AppendData(layout.Header);
                return (_, _, chunk) => sha.AppendData(chunk);
            }, progress, cancellation);
            hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        }
        try
        {
            RefuseUnfit(inspected);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        var shard = new WrittenShard(name, new FileInfo(path).Length, hash, inspected.Sum(tensor => tensor.Sum));
        Record(shard);
        return shard;
    }

    private void RefuseUnfit(InspectedTensor[] tensors)
    {
        if (!_overflowed.IsEmpty)
        {
            throw new BadInputException(
                $"{_target}: numbers beyond the range of float16 in {Listed(_overflowed.Keys.Order())}. " +
                "Write bf16 instead, or use --saturate to cut them off.");
        }
        var bad = tensors.Where(tensor => !tensor.IsFinite).Select(tensor => tensor.Info.Name).ToList();
        if (bad.Count == 0)
            return;
        if (!_options.AllowNonFinite)
        {
            throw new BadInputException(
                $"{_target}: NaN or infinite numbers in {Listed(bad)}. The input is damaged or its training failed; " +
                "use --allow-nonfinite to write it all the same.");
        }
        _warnings.Add($"NaN or infinite numbers in {Listed(bad)}.");
    }

    private static string Listed(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(20)) + (all.Count > 20 ? $" and {all.Count - 20} more" : "");
    }

    private static void Report(IProgress<WriteProgress>? progress, long done, long total) =>
        progress?.Report(new WriteProgress(done, total));

    private JsonObject Resume(string? plan)
    {
        var path = Path.Combine(Folder, RecordName);
        if (plan is not null && File.Exists(path) && JsonFile.Read(path) is var record && (string?)record["plan"] == plan
            && record["shards"] is JsonObject)
        {
            return record;
        }
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);
        return new JsonObject { ["plan"] = plan, ["shards"] = new JsonObject() };
    }

    private WrittenShard? Finished(string name)
    {
        var file = new FileInfo(Path.Combine(Folder, name));
        return _record["shards"]![name] is JsonObject entry && file.Exists && file.Length == (long?)entry["bytes"]
            ? new WrittenShard(name, file.Length, (string)entry["sha256"]!, (double)entry["sum"]!)
            : null;
    }

    private void Record(WrittenShard shard)
    {
        // JSON has no NaN; the sum of such a shard means nothing and is not kept.
        _record["shards"]![shard.File] = new JsonObject
        {
            ["bytes"] = shard.Bytes,
            ["sha256"] = shard.Sha256,
            ["sum"] = double.IsFinite(shard.Sum) ? shard.Sum : 0,
        };
        JsonFile.Write(Path.Combine(Folder, RecordName), _record);
    }

    private static string MakePlan(string operation, WeightOutputOptions options, IReadOnlyList<string> inputs)
    {
        var text = new StringBuilder($"{operation}\n{options}\n");
        foreach (var input in inputs)
        {
            var file = new FileInfo(input);
            text.Append($"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}\n");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private sealed class ByteProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
