using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace Caravan.Checkpoints;

/// <summary>
/// What a diff carries beside its numbers: the hash of each tuned tensor, and the numbers that base + (tuned − base)
/// does not give back exactly in single precision. Layout of the file of corrections, little-endian: the eight bytes
/// <c>CVNCORR1</c>; then blocks, each: length of the tensor's name (u16), the name in UTF-8, number of corrections
/// (u32), and for each the element (u64) and the bits of its value (u32), elements ascending.
/// </summary>
internal sealed class DiffNotes : IDisposable
{
    private readonly string _path;
    private readonly JsonObject _saved;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, string> _hashes = [];
    private long _length;
    private long _count;
    private BinaryWriter? _writer;

    /// <param name="path">The file of corrections; without corrections there will be none.</param>
    /// <param name="saved">What <see cref="Save"/> left there in an interrupted run; else empty.</param>
    public DiffNotes(string path, JsonObject saved)
    {
        _path = path;
        _saved = saved;
        _length = (long?)saved["length"] ?? 0;
        _count = (long?)saved["corrections"] ?? 0;
        foreach (var (tensor, hash) in saved["hashes"] as JsonObject ?? [])
            _hashes[tensor] = hash!.ToString();
    }

    public long Count => _count;

    /// <summary>Hashes by name of the tensor.</summary>
    public IReadOnlyDictionary<string, string> Hashes => _hashes;

    /// <summary>Notes the hash of a tensor that has been read to its end.</summary>
    public void Finish(string tensor, string hash) => _hashes[tensor] = hash;

    public void Add(string tensor, IReadOnlyList<(long Element, uint Bits)> corrections)
    {
        lock (_lock)
        {
            var writer = _writer ??= Open();
            var name = Encoding.UTF8.GetBytes(tensor);
            writer.Write((ushort)name.Length);
            writer.Write(name);
            writer.Write(corrections.Count);
            foreach (var (element, bits) in corrections)
            {
                writer.Write(element);
                writer.Write(bits);
            }
            _count += corrections.Count;
        }
    }

    /// <summary>Puts on the disk what belongs to the tensors so far, for a run that goes on behind them.</summary>
    public void Save()
    {
        lock (_lock)
        {
            if (_writer is not null)
            {
                _writer.Flush();
                ((FileStream)_writer.BaseStream).Flush(flushToDisk: true);
                _length = _writer.BaseStream.Length;
            }
            _saved["length"] = _length;
            _saved["corrections"] = _count;
            _saved["hashes"] = new JsonObject(
                _hashes.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        }
    }

    public void Dispose() => _writer?.Dispose();

    private BinaryWriter Open()
    {
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.Write);
        // Behind what was saved lies what an interrupted run had noted of a shard that it did not finish.
        file.SetLength(_length);
        file.Seek(0, SeekOrigin.End);
        var writer = new BinaryWriter(file);
        if (_length == 0)
            writer.Write("CVNCORR1"u8);
        return writer;
    }
}
