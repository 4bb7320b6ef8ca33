using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Walks through MessagePack in a file, from value to value, without reading what it only passes by.</summary>
internal sealed class MsgPackCursor
{
    private const int WindowLength = 4096;

    private readonly WeightFile _file;
    private readonly long _end;
    private readonly byte[] _window;
    private readonly StrongBox<long> _windowStart;

    public MsgPackCursor(WeightFile file)
        : this(file, 0, file.Length, new byte[WindowLength], new StrongBox<long>(-WindowLength))
    {
    }

    private MsgPackCursor(WeightFile file, long start, long end, byte[] window, StrongBox<long> windowStart)
    {
        (_file, Position, _end, _window, _windowStart) = (file, start, end, window, windowStart);
    }

    public long Position { get; private set; }

    public bool AtEnd => Position >= _end;

    /// <summary>
    /// Reads the head of the next value; of texts and binary data the position is then at the content.
    /// </summary>
    public MsgPackValue Next()
    {
        var code = Bytes(1)[0];
        return code switch
        {
            <= 0x7f => new(MsgPackKind.Integer, code),
            <= 0x8f => new(MsgPackKind.Map, code & 15),
            <= 0x9f => new(MsgPackKind.Array, code & 15),
            <= 0xbf => Content(MsgPackKind.Text, code & 31),
            0xc0 => new(MsgPackKind.Other, 0),
            0xc2 or 0xc3 => new(MsgPackKind.Other, code & 1),
            0xc4 or 0xc5 or 0xc6 => Content(MsgPackKind.Binary, Length(1 << (code - 0xc4))),
            0xc7 or 0xc8 or 0xc9 => Extension(Length(1 << (code - 0xc7))),
            0xca => Skipped(4),
            0xcb => Skipped(8),
            0xcc or 0xcd or 0xce or 0xcf => new(MsgPackKind.Integer, Length(1 << (code - 0xcc))),
            0xd0 => new(MsgPackKind.Integer, (sbyte)Bytes(1)[0]),
            0xd1 => new(MsgPackKind.Integer, BinaryPrimitives.ReadInt16BigEndian(Bytes(2))),
            0xd2 => new(MsgPackKind.Integer, BinaryPrimitives.ReadInt32BigEndian(Bytes(4))),
            0xd3 => new(MsgPackKind.Integer, BinaryPrimitives.ReadInt64BigEndian(Bytes(8))),
            >= 0xd4 and <= 0xd8 => Extension(1 << (code - 0xd4)),
            0xd9 or 0xda or 0xdb => Content(MsgPackKind.Text, Length(1 << (code - 0xd9))),
            0xdc or 0xdd => new(MsgPackKind.Array, Length(code == 0xdc ? 2 : 4)),
            0xde or 0xdf => new(MsgPackKind.Map, Length(code == 0xde ? 2 : 4)),
            >= 0xe0 => new(MsgPackKind.Integer, (sbyte)code),
            _ => throw Bad($"byte {Position - 1} is 0x{code:x2}, which means nothing in MessagePack"),
        };
    }

    /// <summary>The next value, which must be of this kind.</summary>
    public long Next(MsgPackKind kind) =>
        Next() is var value && value.Kind == kind
            ? value.Number : throw Bad($"a value before byte {Position} is not of kind {kind}");

    public string NextText()
    {
        var length = Next(MsgPackKind.Text);
        if (length > WindowLength)
            throw Bad($"a text of {length} bytes at byte {Position} is no name");
        return Encoding.UTF8.GetString(Bytes((int)length));
    }

    /// <summary>A cursor for the content of length <paramref name="length"/> here; this one moves behind it.</summary>
    public MsgPackCursor Enter(long length)
    {
        Position += length;
        return new MsgPackCursor(_file, Position - length, Position, _window, _windowStart);
    }

    public BadInputException Bad(string what) =>
        new($"{_file.Path}: {what}. The file is damaged, or not one of EasyLM's.");

    private MsgPackValue Extension(long length)
    {
        var type = Bytes(1)[0];
        var content = Content(MsgPackKind.Numbers, length);
        return type == 1 ? content : Skipped(length);
    }

    private MsgPackValue Content(MsgPackKind kind, long length) =>
        length <= _end - Position ? new(kind, length)
            : throw Bad(
                $"a value of {length} bytes at byte {Position} reaches beyond the end at {_end}: it is truncated");

    private MsgPackValue Skipped(long length)
    {
        Content(MsgPackKind.Other, length);
        Position += length;
        return new(MsgPackKind.Other, 0);
    }

    private long Length(int size)
    {
        var bytes = Bytes(size);
        ulong value = 0;
        foreach (var part in bytes)
            value = (value << 8) | part;
        return value <= long.MaxValue
            ? (long)value : throw Bad($"the number {value} before byte {Position} is too large");
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _end - Position)
            throw Bad($"it ends at byte {_end} in the middle of a value: it is truncated");
        if (Position < _windowStart.Value || Position + count > _windowStart.Value + WindowLength)
        {
            _file.Read(Position, _window.AsSpan(0, (int)Math.Min(WindowLength, _file.Length - Position)));
            _windowStart.Value = Position;
        }
        var bytes = _window.AsSpan((int)(Position - _windowStart.Value), count);
        Position += count;
        return bytes;
    }
}
