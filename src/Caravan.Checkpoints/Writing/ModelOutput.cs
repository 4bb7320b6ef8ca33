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

    /// <summary>A file is hashed by one thread at a time, and at its end it waits for the disk.</summary>
    private const int FilesAtATime = 2;

    private readonly string _target;
    private readonly WeightOutputOptions _options;
    private readonly JsonObject _record;
    private readonly ConcurrentDictionary<string, bool> _overflowed = [];
    private readonly List<string> _warnings = [];
    private readonly Lock _recording = new();

    private ModelOutput(string target, WeightOutputOptions options, string plan)
    {
        _target = target;
        _options = options;
        Folder = target + ".partial";
        _record = FindRecord(plan)
            ?? new JsonObject { ["plan"] = plan, ["shards"] = new JsonObject(), ["notes"] = new JsonObject() };
    }

    /// <summary>Where to put files until <see cref="Commit"/>.</summary>
    public string Folder { get; }

    public IList<string> Warnings => _warnings;

    /// <summary>What a tool wants to know again when it goes on; kept with every finished weight file.</summary>
    public JsonObject Notes => (JsonObject)_record["notes"]!;

    /// <summary>Checks the folder; nothing is written yet.</summary>
    /// <param name="directory">The final name.</param>
    /// <param name="inputs">Files that are read; the output must not lie among them.</param>
    /// <param name="options">How to write.</param>
    /// <param name="operation">What is done, with every option that changes the result.</param>
    /// <exception cref="BadInputException">The folder is not empty, or is one of the inputs.</exception>
    public static ModelOutput Begin(
        string directory, IReadOnlyList<string> inputs, WeightOutputOptions options, string operation)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (inputs.Any(input => Path.GetDirectoryName(Path.GetFullPath(input)) == target))
            throw new BadInputException($"{directory}: this is the folder of an input. Choose another output folder.");
        if (File.Exists(target))
            throw new BadInputException($"{directory}: this is a file; the output is a folder. Choose another name.");
        if (!options.Overwrite && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BadInputException($"{directory}: the output folder is not empty. Use --overwrite to replace it.");
        return new ModelOutput(target, options, MakePlan(operation, options, inputs));
    }

    /// <summary>Writes the tensors as shards with an index, skipping those that an interrupted run finished.</summary>
    /// <param name="tensors">In the order of the model.</param>
    /// <param name="aliases">Tied weights; kept in PyTorch's format, dropped in safetensors.</param>
    /// <param name="progress">Told how many bytes of all are written.</param>
    /// <param name="shardWritten">
    /// Called after each weight file, before it counts as finished: the time for <see cref="Notes"/>. Only one file is
    /// then written at a time.
    /// </param>
    /// <param name="cancellation">Stops between chunks; the finished shards stay for the next run.</param>
    /// <exception cref="BadInputException">A number does not fit the type or is not finite; no space.</exception>
    public WriteReport WriteWeights(
        IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string> aliases,
        IProgress<WriteProgress>? progress, Action? shardWritten, CancellationToken cancellation)
    {
        WeightTensor[] cast = [.. tensors.Select(tensor =>
            CastTensor.To(_options.Type, tensor, _options.Saturate, name => _overflowed[name] = true))];
        var total = cast.Sum(tensor => tensor.Info.ByteLength);
        var (shards, names) = Plan(cast);
        DiskSpace.Require(_target, total - names.Sum(name => Finished(name)?.Bytes ?? 0));
        Prepare();
        long done = 0;
        var counter = new ByteProgress(count =>
            progress?.Report(new WriteProgress(Interlocked.Add(ref done, count), total)));
        var written = new WrittenShard[shards.Count];
        OrderedWork.Run(shards.Count, shardWritten is null ? FilesAtATime : 1, (i, stop) =>
        {
            WeightTensor[] content = [.. shards[i].Select(position => cast[position])];
            if (Finished(names[i]) is { } finished)
            {
                written[i] = finished;
                counter.Report(content.Sum(tensor => tensor.Info.ByteLength));
            }
            else
            {
                written[i] = WriteShard(names[i], content, aliases, counter, shardWritten, stop);
            }
        }, cancellation);
        if (shards.Count > 1)
        {
            var places = shards.SelectMany(
                (shard, i) => shard.Select(position => (cast[position].Info.Name, names[i])));
            WeightIndex.Write(Path.Combine(Folder, _options.Format.IndexName()), places, total);
        }
        return new WriteReport(
            _target, written, cast.Length, cast.Sum(tensor => tensor.Info.ElementCount), _warnings);
    }

    /// <summary>Gives the folder its final name.</summary>
    public void Commit()
    {
        File.Delete(Path.Combine(Folder, RecordName));
        foreach (var companion in Directory.EnumerateFiles(Folder))
        {
            using var file = File.OpenHandle(companion);
            RandomAccess.FlushToDisk(file);
        }
        var old = $"{_target}.{Environment.ProcessId}.old";
        if (Directory.Exists(_target))
            Directory.Move(_target, old);
        Directory.Move(Folder, _target);
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }

    private (List<List<int>> Shards, string[] Names) Plan(WeightTensor[] tensors)
    {
        // EasyLM knows no shards.
        var limit = _options.Format == WeightFormat.EasyLm ? long.MaxValue : _options.MaxShardSize;
        var shards = ShardPlan.Fill([.. tensors.Select(tensor => tensor.Info.ByteLength)], limit);
        return (shards, [.. shards.Select((_, i) => _options.Format.FileName(i, shards.Count))]);
    }

    private WrittenShard WriteShard(
        string name, WeightTensor[] content, IReadOnlyDictionary<string, string> aliases, IProgress<long> progress,
        Action? shardWritten, CancellationToken cancellation)
    {
        var path = Path.Combine(Folder, name);
        InspectedTensor[] inspected = [.. content.Select(tensor => new InspectedTensor(tensor))];
        var hash = _options.Format switch
        {
            WeightFormat.Torch => TorchWriter.Write(path, inspected, aliases, progress, cancellation),
            WeightFormat.EasyLm => EasyLmWriter.Write(path, inspected, progress, cancellation),
            _ => SafetensorsWriter.Write(path, inspected, null, progress, cancellation),
        };
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
        lock (_recording)
        {
            shardWritten?.Invoke();
            Record(shard);
        }
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
        lock (_warnings)
            _warnings.Add($"NaN or infinite numbers in {Listed(bad)}.");
    }

    private static string Listed(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(20)) + (all.Count > 20 ? $" and {all.Count - 20} more" : "");
    }

    /// <summary>The record of an interrupted run with the same plan.</summary>
    private JsonObject? FindRecord(string plan)
    {
        var path = Path.Combine(Folder, RecordName);
        if (!File.Exists(path))
            return null;
        try
        {
            var record = JsonFile.Read(path);
            return record["plan"]?.ToString() == plan && record["shards"] is JsonObject && record["notes"] is JsonObject
                ? record : null;
        }
        catch (BadInputException)
        {
            // A damaged record is as good as none: the work starts anew.
            return null;
        }
    }

    private void Prepare()
    {
        if (((JsonObject)_record["shards"]!).Count == 0 && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);
        // What a killed run was writing.
        foreach (var unfinished in Directory.EnumerateFiles(Folder, "*.tmp"))
            File.Delete(unfinished);
    }

    private WrittenShard? Finished(string name)
    {
        var file = new FileInfo(Path.Combine(Folder, name));
        lock (_recording)
        {
            return _record["shards"]![name] is JsonObject entry && file.Exists && file.Length == (long?)entry["bytes"]
                ? new WrittenShard(name, file.Length, (string)entry["sha256"]!, (double)entry["sum"]!)
                : null;
        }
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
