using System.Buffers.Binary;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Reads the corrections that <see cref="DiffNotes"/> wrote; only the blocks' places are in memory.</summary>
internal sealed class CorrectionsFile : IDisposable
{
    private const int RecordLength = 12;
    private readonly WeightFile _file;
    private readonly Dictionary<string, List<(long First, long Last, long Position, int Count)>> _blocks = [];

    public CorrectionsFile(string path)
    {
        _file = WeightFile.Open(path);
        try
        {
            ReadBlocks();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Replaces the corrected ones among <paramref name="numbers"/>, which start at <paramref name="element"/>.
    /// </summary>
    public void Apply(string tensor, long element, Span<float> numbers)
    {
        foreach (var (first, last, position, count) in _blocks.GetValueOrDefault(tensor) ?? [])
        {
            if (last < element || first >= element + numbers.Length)
                continue;
            var records = new byte[count * RecordLength];
            _file.Read(position, records);
            for (var i = 0; i < count; i++)
            {
                var (place, bits) = Record(records.AsSpan(i * RecordLength));
                if (place >= element && place < element + numbers.Length)
                    numbers[(int)(place - element)] = BitConverter.UInt32BitsToSingle(bits);
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private void ReadBlocks()
    {
        var head = new byte[8];
        if (_file.Length < head.Length)
            throw Bad();
        _file.Read(0, head);
        if (!head.AsSpan().SequenceEqual("CVNCORR1"u8))
            throw Bad();
        var nameBytes = new byte[ushort.MaxValue];
        for (long at = 8; at < _file.Length;)
        {
            _file.Read(at, head.AsSpan(0, 2));
            var name = nameBytes.AsSpan(0, BinaryPrimitives.ReadUInt16LittleEndian(head));
            _file.Read(at + 2, name);
            _file.Read(at + 2 + name.Length, head.AsSpan(0, 4));
            var count = BinaryPrimitives.ReadInt32LittleEndian(head);
            var position = at + 2 + name.Length + 4;
            at = position + (long)count * RecordLength;
            if (count < 1 || count > TensorPump.ChunkLength || at > _file.Length)
                throw Bad();
            var ends = new byte[2 * RecordLength];
            _file.Read(position, ends.AsSpan(0, RecordLength));
            _file.Read(at - RecordLength, ends.AsSpan(RecordLength));
            var tensor = Encoding.UTF8.GetString(name);
            if (!_blocks.TryGetValue(tensor, out var blocks))
                _blocks.Add(tensor, blocks = []);
            blocks.Add((Record(ends).Element, Record(ends.AsSpan(RecordLength)).Element, position, count));
        }
    }

    private static (long Element, uint Bits) Record(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));

    private BadInputException Bad() => new($"{_file.Path}: the file of corrections is damaged; fetch the diff again.");
}
