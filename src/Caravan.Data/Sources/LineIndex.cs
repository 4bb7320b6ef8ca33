using Caravan.Data.Json;

namespace Caravan.Data.Sources;

/// <summary>Where every line of a JSON Lines file is, for copying lines in any order as they stand.</summary>
internal sealed class LineIndex : IDisposable
{
    private readonly List<(long Offset, int Length)> _lines = [];
    private readonly FileStream _file;

    public LineIndex(string path)
    {
        foreach (var record in RecordFile.Read(path))
            _lines.Add((record.Offset, record.Utf8.Length));
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        Path = path;
    }

    public string Path { get; }

    public int Count => _lines.Count;

    /// <summary>Reads one line, without its end, into a buffer that grows as needed.</summary>
    public ReadOnlyMemory<byte> Read(int line, ref byte[] buffer)
    {
        var (offset, length) = _lines[line];
        if (buffer.Length < length)
            buffer = new byte[length * 2];
        var read = 0;
        while (read < length)
        {
            var more = RandomAccess.Read(_file.SafeFileHandle, buffer.AsSpan(read, length - read), offset + read);
            if (more == 0)
                throw new IOException($"{Path}: the file became shorter while it was read.");
            read += more;
        }
        return buffer.AsMemory(0, length);
    }

    /// <summary>A line that <see cref="Read"/> gave, with its place.</summary>
    public RawRecord Record(int line, ReadOnlyMemory<byte> utf8) =>
        new(utf8, new RecordOrigin(Path, line + 1), line, _lines[line].Offset);

    /// <summary>The record of such a line.</summary>
    public InstructionRecord Parse(int line, ReadOnlyMemory<byte> utf8)
    {
        var raw = Record(line, utf8);
        using var document = JsonRecord.Parse(raw, out _);
        return InstructionParser.Parse(document.RootElement, raw);
    }

    public void Dispose() => _file.Dispose();
}
