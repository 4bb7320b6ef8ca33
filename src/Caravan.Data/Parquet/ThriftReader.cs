using System.Text;

namespace Caravan.Data.Parquet;

/// <summary>
/// Reads Thrift's compact protocol, in which Parquet's metadata is written. Every length is checked against the bytes
/// that are there, so that a damaged file can neither make it read beyond its end nor allocate more than the file's
/// size.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data)
{
    private const int DeepestNesting = 32;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _field;

    /// <summary>The kinds of values, as the protocol numbers them.</summary>
    internal enum Kind
    {
        Stop = 0,
        True = 1,
        False = 2,
        Byte = 3,
        Int16 = 4,
        Int32 = 5,
        Int64 = 6,
        Double = 7,
        Binary = 8,
        List = 9,
        Set = 10,
        Map = 11,
        Struct = 12,
    }

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Begins a struct and returns what <see cref="EndStruct"/> needs.</summary>
    public int BeginStruct()
    {
        var outer = _field;
        _field = 0;
        return outer;
    }

    public void EndStruct(int outer) => _field = outer;

    /// <summary>The next field of the current struct; false at its end.</summary>
    public bool NextField(out int field, out Kind kind)
    {
        var header = NextByte();
        kind = (Kind)(header & 0x0F);
        field = 0;
        if (kind == Kind.Stop)
            return false;
        var delta = header >> 4;
        _field = delta == 0 ? Int32() : _field + delta;
        field = _field;
        return true;
    }

    public int Int32()
    {
        var value = Int64();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Broken("an integer is too large");
    }

    public long Int64()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public string Text() => Encoding.UTF8.GetString(Binary());

    public ReadOnlySpan<byte> Binary()
    {
        var length = Unsigned();
        if (length > (ulong)(_data.Length - Position))
            throw Broken("a text is longer than the metadata");
        var bytes = _data.Slice(Position, (int)length);
        Position += (int)length;
        return bytes;
    }

    /// <summary>The number of elements of a list, which follow.</summary>
    public int ListLength(out Kind kind)
    {
        var header = NextByte();
        kind = (Kind)(header & 0x0F);
        var length = header >> 4 == 15 ? Unsigned() : (ulong)(header >> 4);
        // An element takes a byte at least.
        return length <= (ulong)(_data.Length - Position)
            ? (int)length : throw Broken("a list is longer than the metadata");
    }

    public void Skip(Kind kind) => Skip(kind, 0);

    private void Skip(Kind kind, int depth)
    {
        if (depth > DeepestNesting)
            throw Broken("structs are nested too deeply");
        switch (kind)
        {
            case Kind.True or Kind.False:
                break;
            case Kind.Byte:
                NextByte();
                break;
            case Kind.Int16 or Kind.Int32 or Kind.Int64:
                Unsigned();
                break;
            case Kind.Double:
                Advance(sizeof(double));
                break;
            case Kind.Binary:
                Binary();
                break;
            case Kind.List or Kind.Set:
                var length = ListLength(out var element);
                for (var i = 0; i < length; i++)
                    SkipElement(element, depth + 1);
                break;
            case Kind.Map:
                SkipMap(depth);
                break;
            case Kind.Struct:
                var outer = BeginStruct();
                while (NextField(out _, out var field))
                    Skip(field, depth + 1);
                EndStruct(outer);
                break;
            default:
                throw Broken($"a value of the unknown kind {(int)kind}");
        }
    }

    private void SkipMap(int depth)
    {
        var length = Unsigned();
        if (length > (ulong)(_data.Length - Position))
            throw Broken("a map is longer than the metadata");
        if (length == 0)
            return;
        var kinds = NextByte();
        for (var i = 0UL; i < length; i++)
        {
            SkipElement((Kind)(kinds >> 4), depth + 1);
            SkipElement((Kind)(kinds & 0x0F), depth + 1);
        }
    }

    // Outside of struct fields a truth value has a byte of its own.
    private void SkipElement(Kind kind, int depth)
    {
        if (kind is Kind.True or Kind.False)
            NextByte();
        else
            Skip(kind, depth);
    }

    private ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = NextByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw Broken("an integer has no end");
    }

    private void Advance(int bytes)
    {
        if (bytes > _data.Length - Position)
            throw Broken("it ends too early");
        Position += bytes;
    }

    private byte NextByte() => Position < _data.Length ? _data[Position++] : throw Broken("it ends too early");

    private static InvalidDataException Broken(string what) => new($"the metadata is damaged: {what}");
}
