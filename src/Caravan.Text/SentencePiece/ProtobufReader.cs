using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Caravan.Text.SentencePiece;

/// <summary>
/// Reads the fields of one protocol buffer message in their order. Nested messages are ranges of the same memory, so
/// that no content can make it recurse or allocate. Compiled optimised at once, since it runs while a program starts.
/// </summary>
internal ref struct ProtobufReader(ReadOnlyMemory<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private int _position;
    private int _wireType;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>
    /// Goes on to the next field; false at the end. Its content must be read or skipped before the next.
    /// </summary>
    /// <exception cref="InvalidDataException">The message is damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Next()
    {
        if (_position == message.Length)
            return false;
        var tag = ReadVarint();
        (Field, _wireType) = ((int)(tag >> 3), (int)tag & 7);
        return tag >> 3 is > 0 and <= int.MaxValue ? true : throw new InvalidDataException("a field has no number");
    }

    /// <summary>A whole number or truth value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Int()
    {
        Expect(Varint);
        return unchecked((int)ReadVarint());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float Float()
    {
        Expect(Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)).Span);
    }

    /// <summary>Text, bytes or a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlyMemory<byte> Bytes()
    {
        Expect(LengthDelimited);
        return Take(ReadVarint());
    }

    public void Skip()
    {
        _ = _wireType switch
        {
            Varint => ReadVarint(),
            Fixed64 => (ulong)Take(8).Length,
            LengthDelimited => (ulong)Take(ReadVarint()).Length,
            Fixed32 => (ulong)Take(4).Length,
            _ => throw new InvalidDataException($"field {Field} has the unknown type {_wireType}"),
        };
    }

    private readonly void Expect(int wireType)
    {
        if (_wireType != wireType)
            throw new InvalidDataException($"field {Field} has the wrong type");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlyMemory<byte> Take(ulong length)
    {
        if (length > (ulong)(message.Length - _position))
            throw new InvalidDataException($"field {Field} is longer than what holds it");
        var taken = message.Slice(_position, (int)length);
        _position += (int)length;
        return taken;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ulong ReadVarint()
    {
        var bytes = message.Span;
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position == bytes.Length)
                throw new InvalidDataException("it ends in the middle of a number");
            var next = bytes[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new InvalidDataException("a number has more than 64 bits");
    }
}
