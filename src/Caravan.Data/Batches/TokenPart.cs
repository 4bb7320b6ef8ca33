using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>
/// A run of tokenised records in one mapped file, of which only what is asked for is in memory. Layout, little-endian:
/// <code>
/// 0   8    magic "CARVTOKS"
/// 8   4    version, 1
/// 12  4    records n
/// 16  8    tokens t
/// 24  4    bytes b of the names
/// 28  4    bytes p of the preflight report
/// 32  4    largest token id
/// 36  4    0
/// 40  32   SHA-256 of all that follows
/// 72       n × 24 bytes: first token (8), tokens (4), of them with loss (4), first byte of the name (4),
///          user messages (2), flags (2; bit 0: cut to the length limit)
///          t × 4 bytes: the token's id; the highest bit is set where it carries loss
///          b bytes: for each record its dataset, LF, its id; UTF-8
///          p bytes: the preflight report of these records; JSON
/// </code>
/// </summary>
internal sealed unsafe class TokenPart : IDisposable
{
    private const int HeaderSize = 72, HashOffset = 40;
    private const uint Version = 1;
    private const uint LossBit = 1u << 31;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Entry* _entries;
    private readonly uint* _tokens;
    private readonly byte* _names;
    private readonly int _nameBytes;

    private TokenPart(MemoryMappedFile file, MemoryMappedViewAccessor view, byte* start, in Header header)
    {
        (_file, _view) = (file, view);
        _entries = (Entry*)(start + HeaderSize);
        _tokens = (uint*)(_entries + header.Records);
        _names = (byte*)(_tokens + header.Tokens);
        _nameBytes = (int)header.NameBytes;
        Count = (int)header.Records;
        LargestTokenId = header.LargestTokenId;
        Preflight = JsonSerializer.Deserialize(
            new ReadOnlySpan<byte>(_names + header.NameBytes, (int)header.PreflightBytes),
            PreflightJson.Default.PreflightReport)!;
    }

    public int Count { get; }

    public int LargestTokenId { get; }

    public PreflightReport Preflight { get; }

    public int Length(int index) => Record(index).Tokens;

    public int TargetTokens(int index) => Record(index).TargetTokens;

    public bool IsTruncated(int index) => (Record(index).Flags & 1) != 0;

    public (string Dataset, string Id) Name(int index)
    {
        var start = (int)Record(index).NameStart;
        var end = index + 1 < Count ? (int)Record(index + 1).NameStart : _nameBytes;
        var name = new ReadOnlySpan<byte>(_names + start, end - start);
        var separator = name.IndexOf((byte)'\n');
        return (Encoding.UTF8.GetString(name[..separator]), Encoding.UTF8.GetString(name[(separator + 1)..]));
    }

    public TrainingExample Read(int index)
    {
        ref readonly var record = ref Record(index);
        var stored = new ReadOnlySpan<uint>(_tokens + record.FirstToken, record.Tokens);
        var ids = new int[stored.Length];
        var labels = new int[stored.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            ids[i] = (int)(stored[i] & ~LossBit);
            labels[i] = (stored[i] & LossBit) != 0 ? ids[i] : TokenBatch.NoLoss;
        }
        var (dataset, id) = Name(index);
        return new TrainingExample(dataset, id, ids, labels, record.Rounds, (record.Flags & 1) != 0);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>Writes a part; the name appears when all of it is on the disk.</summary>
    public static void Write(string path, IReadOnlyList<TrainingExample> examples, PreflightReport preflight)
    {
        var entries = new Entry[examples.Count];
        var names = new MemoryStream();
        long tokens = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var example = examples[i];
            entries[i] = new Entry
            {
                FirstToken = tokens,
                Tokens = example.InputIds.Length,
                TargetTokens = example.TargetTokens,
                NameStart = (uint)names.Length,
                Rounds = (ushort)Math.Min(example.Rounds, ushort.MaxValue),
                Flags = (ushort)(example.Truncated ? 1 : 0),
            };
            tokens += example.InputIds.Length;
            names.Write(Encoding.UTF8.GetBytes($"{example.Dataset.ReplaceLineEndings(" ")}\n{example.RecordId}"));
        }
        var report = JsonSerializer.SerializeToUtf8Bytes(preflight, PreflightJson.Default.PreflightReport);
        var header = new Header
        {
            Version = Version,
            Records = (uint)entries.Length,
            Tokens = tokens,
            NameBytes = (uint)names.Length,
            PreflightBytes = (uint)report.Length,
            LargestTokenId = examples.Max(example => example.InputIds.DefaultIfEmpty().Max()),
        };
        "CARVTOKS"u8.CopyTo(header.Magic);
        AtomicFile.Write(path, stream =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            void Append(ReadOnlySpan<byte> bytes)
            {
                hash.AppendData(bytes);
                stream.Write(bytes);
            }
            stream.Position = HeaderSize;
            Append(MemoryMarshal.AsBytes<Entry>(entries));
            foreach (var example in examples)
                Append(MemoryMarshal.AsBytes<uint>(Store(example)));
            Append(names.GetBuffer().AsSpan(0, (int)names.Length));
            Append(report);
            hash.GetHashAndReset().CopyTo(header.Hash);
            stream.Position = 0;
            stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Header>(in header)));
        });
    }

    /// <summary>Opens a part, or gives null where there is none or its bytes are not the ones written.</summary>
    public static TokenPart? TryOpen(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length < HeaderSize)
            return null;
        var length = new FileInfo(path).Length;
        var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        var header = Unsafe.ReadUnaligned<Header>(start);
        if (IsWhole(header, start, length))
            return new TokenPart(file, view, start, header);
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
        return null;
    }

    private static bool IsWhole(Header header, byte* start, long length)
    {
        ReadOnlySpan<byte> magic = header.Magic;
        if (!magic.SequenceEqual("CARVTOKS"u8) || header.Version != Version || header.Tokens < 0)
            return false;
        var size = HeaderSize + (long)header.Records * sizeof(Entry) + header.Tokens * sizeof(uint)
            + header.NameBytes + header.PreflightBytes;
        if (size != length || length - HeaderSize > int.MaxValue)
            return false;
        ReadOnlySpan<byte> hash = header.Hash;
        return SHA256.HashData(new ReadOnlySpan<byte>(start + HeaderSize, (int)(length - HeaderSize))).AsSpan()
            .SequenceEqual(hash);
    }

    private static uint[] Store(TrainingExample example)
    {
        var stored = new uint[example.InputIds.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            var hasLoss = example.Labels[i] != TokenBatch.NoLoss;
            if (hasLoss && example.Labels[i] != example.InputIds[i])
                throw new InvalidOperationException(
                    $"Record {example.RecordId}: label {i} is neither its token nor masked.");
            stored[i] = (uint)example.InputIds[i] | (hasLoss ? LossBit : 0);
        }
        return stored;
    }

    private ref readonly Entry Record(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        return ref _entries[index];
    }

    [InlineArray(8)]
    private struct Bytes8
    {
        private byte _first;
    }

    [InlineArray(32)]
    private struct Bytes32
    {
        private byte _first;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Header
    {
        public Bytes8 Magic;
        public uint Version;
        public uint Records;
        public long Tokens;
        public uint NameBytes;
        public uint PreflightBytes;
        public int LargestTokenId;
        public uint Reserved;
        public Bytes32 Hash;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Entry
    {
        public long FirstToken;
        public int Tokens;
        public int TargetTokens;
        public uint NameStart;
        public ushort Rounds;
        public ushort Flags;
    }
}
