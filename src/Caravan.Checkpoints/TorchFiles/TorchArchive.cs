using System.IO.Hashing;
using System.Runtime.InteropServices;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A file that <c>torch.save</c> wrote, a zip archive or the format before PyTorch 1.6: the unpickled object, and its
/// tensors as views of the file.
/// </summary>
internal sealed class TorchArchive : IDisposable
{
    private const long MaxPickleLength = 512 << 20;

    private readonly WeightFile _file;
    private readonly ZipDirectory? _zip;
    private readonly string _root = "";
    private readonly Dictionary<string, long> _positions = [];
    private readonly List<nint> _copies = [];

    private TorchArchive(WeightFile file, bool opaque)
    {
        _file = file;
        if (LegacyTorchFile.IsLegacy(file))
        {
            Root = LegacyTorchFile.Read(file, opaque, _positions);
            return;
        }
        RefuseOtherFormats();
        _zip = ZipDirectory.Read(file);
        var pickles = _zip.Entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToList();
        if (pickles.Count != 1)
        {
            throw Bad(
                $"the archive has {pickles.Count} entries 'data.pkl' and must have one. It is not a PyTorch weight " +
                "file.");
        }
        _root = pickles[0][..^"data.pkl".Length];
        RefuseOtherArchives(_zip);
        Root = PickleReader.Read(
            file.Path, _zip.ReadAll(_zip.Entries[pickles[0]], MaxPickleLength), opaque,
            id => MakeStorage(file.Path, id));
    }

    public string Path => _file.Path;

    /// <summary>What was saved: dictionaries, lists, numbers, strings and <see cref="PickleTensor"/>s.</summary>
    public object? Root { get; }

    /// <summary>Opens a file and unpickles its object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="opaque">Whether unknown classes become inert objects, as optimizer files need.</param>
    /// <exception cref="BadInputException">
    /// Truncated, damaged, of another format, or naming forbidden classes.
    /// </exception>
    public static TorchArchive Open(string path, bool opaque = false)
    {
        var file = WeightFile.Open(path);
        try
        {
            return new TorchArchive(file, opaque);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensor under a name of the caller's; its place is checked against the storage.</summary>
    public WeightTensor Tensor(string name, PickleTensor tensor)
    {
        TensorInfo info;
        try
        {
            info = new TensorInfo(name, tensor.Type, tensor.Shape);
        }
        catch (BadInputException e)
        {
            throw Bad($"{e.Message} The file is damaged.");
        }
        var layout = StridedLayout.Check(Path, info, tensor);
        var start = StoragePosition(name, tensor.Storage) + tensor.Offset * tensor.Type.Size();
        return layout.IsContiguous ? new FileTensor(info, _file, start) : new StridedTensor(info, _file, start, layout);
    }

    /// <summary>The tensor's bytes in memory; a copy where they do not lie in one piece.</summary>
    public unsafe MappedTensor Map(WeightTensor tensor, bool writable = false)
    {
        if (tensor is FileTensor inPlace)
            return inPlace.Map(writable);
        var length = tensor.Info.ByteLength;
        // Broadcast tensors may be far larger than the file; a real model's are not.
        if (length > 4 * _file.Length + (1 << 20))
        {
            throw Bad(
                $"tensor '{tensor.Info.Name}' repeats its numbers to {ByteSize.Format(length)}; save it contiguously.");
        }
        var pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, 64);
        lock (_copies)
            _copies.Add((nint)pointer);
        for (long at = 0; at < length; at += TensorPump.ChunkLength)
            tensor.Read(at, new Span<byte>(pointer + at, (int)Math.Min(TensorPump.ChunkLength, length - at)));
        return new MappedTensor(tensor.Info, (nint)pointer);
    }

    /// <summary>Compares each entry's checksum with its bytes.</summary>
    /// <exception cref="BadInputException">An entry differs.</exception>
    public void VerifyChecksums(CancellationToken cancellation)
    {
        var buffer = new byte[TensorPump.ChunkLength];
        foreach (var entry in _zip?.Entries.Values.Where(entry => entry.Method == 0) ?? [])
        {
            var crc = new Crc32();
            var start = _zip!.DataPosition(entry);
            for (long at = 0; at < entry.Length; at += buffer.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.Length - at));
                _file.Read(start + at, chunk);
                crc.Append(chunk);
            }
            if (crc.GetCurrentHashAsUInt32() is var checksum && checksum != entry.Checksum)
            {
                throw Bad(
                    $"entry '{entry.Name}': the checksum is {checksum:x8}, not {entry.Checksum:x8}. Fetch the file " +
                    "again.");
            }
        }
    }

    public unsafe void Dispose()
    {
        foreach (var copy in _copies)
            NativeMemory.AlignedFree((void*)copy);
        _copies.Clear();
        _file.Dispose();
    }

    /// <summary>Makes a storage of a persistent id: <c>('storage', class, key, location, count)</c>.</summary>
    internal static PickleStorage MakeStorage(string path, object? id)
    {
        if (id is object?[] and ["storage", PickleGlobal type, string key, _, long count, ..] && count >= 0
            && PickleCalls.IsAllowed(type))
        {
            return new PickleStorage(key, PickleCalls.StorageType(type), count);
        }
        throw new BadInputException($"{path}: a storage is described in an unknown way. The file is damaged.");
    }

    private long StoragePosition(string tensor, PickleStorage storage)
    {
        if (_positions.TryGetValue(storage.Key, out var known))
            return known;
        if (_zip is null || !_zip.Entries.TryGetValue($"{_root}data/{storage.Key}", out var entry))
        {
            throw Bad(
                $"tensor '{tensor}': its storage 'data/{storage.Key}' is not in the archive. The file is damaged.");
        }
        var size = storage.Type?.Size() ?? 1;
        if (entry.Method != 0 || storage.Count > long.MaxValue / size || entry.Length != storage.Count * size
            || entry.CompressedLength != entry.Length)
        {
            throw Bad(
                $"tensor '{tensor}': storage '{storage.Key}' has {entry.Length} bytes (method {entry.Method}) where " +
                $"{storage.Count} elements of {size} bytes, stored, are expected. The file is damaged.");
        }
        var position = _zip.DataPosition(entry);
        _positions.Add(storage.Key, position);
        return position;
    }

    private void RefuseOtherFormats()
    {
        var format = _file.KnownFormat();
        if (format is not null && !format.Contains("zip", StringComparison.Ordinal))
        {
            throw Bad(
                format.Contains("pickle", StringComparison.Ordinal) || format.Contains("tar", StringComparison.Ordinal)
                ? $"this is {format}: the legacy PyTorch format. Re-save it with torch 1.6 or later."
                : $"this is {format}, not a PyTorch file.");
        }
    }

    private void RefuseOtherArchives(ZipDirectory zip)
    {
        if (zip.Entries.Keys.Any(name => name.StartsWith($"{_root}code/", StringComparison.Ordinal))
            || zip.Entries.ContainsKey($"{_root}constants.pkl"))
        {
            throw Bad("this is a TorchScript program, not a file of weights. Save the model's state_dict instead.");
        }
        if (zip.Entries.TryGetValue($"{_root}byteorder", out var order)
            && !zip.ReadAll(order, 16).AsSpan().StartsWith("little"u8))
        {
            throw Bad("the file was written on a big-endian machine. Convert it there to safetensors.");
        }
    }

    private BadInputException Bad(string message) => new($"{Path}: {message}");
}
