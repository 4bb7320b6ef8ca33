using System.Buffers;
using Caravan.Files;

namespace Caravan.Data.Json;

/// <summary>
/// Cuts a JSON Lines file or a JSON array into its top-level values without parsing them and without holding more than
/// a few chunks in memory, so that files larger than memory are read at the disk's speed and parsed on all cores.
/// The first character that is not blank decides the layout: <c>[</c> is an array, anything else is JSON Lines, unless
/// the first line ends as an indented object's does; then objects may stretch over lines. A byte-order mark, CR, CRLF
/// and blank lines are accepted.
/// </summary>
public sealed class JsonRecordReader
{
    /// <summary>A single record larger than this is refused: it is a broken file, not data.</summary>
    public const int LargestRecord = 1 << 30;

    private const int DefaultChunkBytes = 1 << 20;
    private static readonly SearchValues<byte> AfterScalar = SearchValues.Create(" \t\r\n,]"u8);

    private readonly Stream _stream;
    private readonly string _path;
    private readonly int _chunkBytes;
    private byte[] _buffer;
    private int _filled;
    private bool _ended;
    private long _offset;
    private long _line = 1;
    private long _index;
    private long _blankLines;
    private State _state = State.Start;

    private enum State
    {
        Start,
        Lines,
        AfterCarriageReturn,
        Indented,
        FirstElementOrEnd,
        Element,
        CommaOrEnd,
        AfterArray,
    }

    private JsonRecordReader(Stream stream, string path, int chunkBytes)
    {
        (_stream, _path, _chunkBytes) = (stream, path, chunkBytes);
        _buffer = ArrayPool<byte>.Shared.Rent(chunkBytes);
    }

    /// <summary>
    /// The file's records in order, in runs of about <paramref name="chunkBytes"/>. The caller disposes each run.
    /// <paramref name="path"/> only names the file in messages.
    /// </summary>
    /// <exception cref="BadInputException">
    /// An array is not well formed between its elements or ends too early; a record is larger than
    /// <see cref="LargestRecord"/>. Broken JSON inside a record is not looked for here.
    /// </exception>
    public static IEnumerable<JsonChunk> ReadChunks(Stream stream, string path, int chunkBytes = DefaultChunkBytes)
    {
        var reader = new JsonRecordReader(stream, path, chunkBytes);
        while (reader.Next() is { } chunk)
            yield return chunk;
    }

    /// <summary>The same, record by record; a record's memory is valid until the next one is asked for.</summary>
    public static IEnumerable<RawRecord> Read(Stream stream, string path, int chunkBytes = DefaultChunkBytes)
    {
        foreach (var chunk in ReadChunks(stream, path, chunkBytes))
        {
            using (chunk)
            {
                foreach (var record in chunk.Records)
                    yield return record;
            }
        }
    }

    private JsonChunk? Next()
    {
        if (_ended && _filled == 0)
            return null;
        var records = new List<RawRecord>();
        while (true)
        {
            Fill();
            var used = Scan(records);
            if (records.Count == 0 && !_ended && used < _buffer.Length / 2)
            {
                Grow(used);
                continue;
            }
            var chunk = new JsonChunk(_buffer, records, _blankLines);
            _blankLines = 0;
            // What is left of an unfinished record moves to the next run's buffer.
            var rest = _buffer.AsSpan(used, _filled - used);
            var next = ArrayPool<byte>.Shared.Rent(Math.Max(_chunkBytes, rest.Length + _chunkBytes / 2));
            rest.CopyTo(next);
            (_buffer, _filled, _offset) = (next, rest.Length, _offset + used);
            return chunk;
        }
    }

    private void Fill()
    {
        while (!_ended && _filled < _buffer.Length)
        {
            var read = _stream.Read(_buffer, _filled, _buffer.Length - _filled);
            _filled += read;
            _ended = read == 0;
        }
    }

    private void Grow(int used)
    {
        if (_filled - used >= LargestRecord)
        {
            throw new BadInputException(
                $"{_path}:{_line}: the record that begins here is larger than {ByteSize.Format(LargestRecord)}. " +
                "A record must fit into memory; is a closing quote or bracket missing?");
        }
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)_buffer.Length * 2, LargestRecord + 1L));
        _buffer.AsSpan(used, _filled - used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _filled, _offset) = (larger, _filled - used, _offset + used);
    }

    private int Scan(List<RawRecord> records)
    {
        var position = _state == State.Start ? Detect() : 0;
        return _state switch
        {
            State.Start => position,
            State.Lines or State.AfterCarriageReturn => ScanLines(position, records),
            _ => ScanArray(position, records),
        };
    }

    private int Detect()
    {
        var span = _buffer.AsSpan(0, _filled);
        var position = 0;
        if (_offset == 0 && span.StartsWith("\uFEFF"u8))
            position = 3;
        if (_offset == 0 && span.Length > 1 && (span[..2] is [0xFF, 0xFE] or [0xFE, 0xFF]))
            throw new BadInputException($"{_path}: the file is UTF-16 text; JSON must be UTF-8. Convert it first.");
        if (_offset == 0 && span.StartsWith("version https://git-lfs"u8))
        {
            throw new BadInputException(
                $"{_path}: this is a Git LFS pointer, not the data itself. Download the file that it points to.");
        }
        var start = position;
        while (start < span.Length && IsBlank(span[start]))
            start++;
        if (start == span.Length)
            return _ended ? start : position;
        if (span[start] != '[')
        {
            var end = span[start..].IndexOfAny((byte)'\n', (byte)'\r');
            var firstLine = end < 0 ? default : span.Slice(start, end).TrimEnd(" \t"u8);
            _state = !firstLine.IsEmpty && firstLine[^1] is (byte)'{' or (byte)'[' or (byte)','
                ? State.Indented : State.Lines;
            return position;
        }
        _line += span[..start].Count((byte)'\n');
        _state = State.FirstElementOrEnd;
        return start + 1;
    }

    private int ScanLines(int position, List<RawRecord> records)
    {
        while (position < _filled)
        {
            if (_state == State.AfterCarriageReturn)
            {
                _state = State.Lines;
                if (_buffer[position] == '\n')
                {
                    position++;
                    continue;
                }
            }
            var rest = _buffer.AsSpan(position, _filled - position);
            var length = rest.IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0 && !_ended)
                break;
            var end = position + (length < 0 ? rest.Length : length);
            AddLine(position, end, records);
            _line++;
            position = end;
            if (end < _filled)
            {
                if (_buffer[end] == '\r')
                    _state = State.AfterCarriageReturn;
                position++;
            }
        }
        return position;
    }

    private void AddLine(int start, int end, List<RawRecord> records)
    {
        while (start < end && IsBlank(_buffer[start]))
            start++;
        while (end > start && IsBlank(_buffer[end - 1]))
            end--;
        if (start == end)
            _blankLines++;
        else
            records.Add(new(_buffer.AsMemory(start, end - start), new(_path, _line), _index++, _offset + start));
    }

    private int ScanArray(int position, List<RawRecord> records)
    {
        while (true)
        {
            for (; position < _filled && IsBlank(_buffer[position]); position++)
            {
                if (_buffer[position] == '\n')
                    _line++;
            }
            if (position == _filled)
            {
                if (_ended && _state is not (State.AfterArray or State.Indented))
                    throw EndsTooEarly();
                return position;
            }
            var next = _buffer[position];
            if (_state == State.AfterArray)
                throw Unexpected(next, "the end of the file after the array's closing ]");
            if (next == ']' && _state is State.FirstElementOrEnd or State.CommaOrEnd)
                (_state, position) = (State.AfterArray, position + 1);
            else if (_state == State.CommaOrEnd)
            {
                if (next != ',')
                    throw Unexpected(next, "a comma or ]");
                (_state, position) = (State.Element, position + 1);
            }
            else
            {
                if (next is (byte)',' or (byte)']' or (byte)'}')
                    throw Unexpected(next, _state == State.Indented ? "an object" : "an element of the array");
                var length = ValueLength(_buffer.AsSpan(position, _filled - position));
                if (length < 0)
                    return _ended ? throw EndsTooEarly() : position;
                var value = _buffer.AsMemory(position, length);
                var element = _state == State.Indented ? null : (long?)_index;
                records.Add(new(value, new(_path, _line, element), _index, _offset + position));
                _index++;
                _line += value.Span.Count((byte)'\n');
                _state = _state == State.Indented ? State.Indented : State.CommaOrEnd;
                position += length;
            }
        }
    }

    // The length of the JSON value at the start of the text; -1 if it goes on.
    private static int ValueLength(ReadOnlySpan<byte> text)
    {
        if (text[0] is (byte)'{' or (byte)'[')
            return JsonValueEnd.Of(text);
        if (text[0] != '"')
            return text.IndexOfAny(AfterScalar);
        var end = StringEnd(text, 1);
        return end < 0 ? -1 : end + 1;
    }

    private static int StringEnd(ReadOnlySpan<byte> text, int position)
    {
        while (position < text.Length)
        {
            var step = text[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0)
                return -1;
            position += step;
            if (text[position] == '"')
                return position;
            position += 2;
        }
        return -1;
    }

    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private BadInputException EndsTooEarly() => new(
        $"{_path}:{_line}: the file ends inside its JSON {Container}, after {_index} whole {Parts}. " +
        "It is truncated; get it again.");

    private string Container => _state == State.Indented ? "object" : "array";

    private string Parts => _state == State.Indented ? "objects" : "elements";

    private BadInputException Unexpected(byte found, string expected)
    {
        var character = found is > 32 and < 127 ? $"'{(char)found}'" : $"byte 0x{found:x2}";
        return new BadInputException(
            $"{_path}:{_line}: found {character} where {expected} was expected, after {_index} whole {Parts} of the " +
            $"JSON {(_state == State.Indented ? "file" : "array")}.");
    }
}
