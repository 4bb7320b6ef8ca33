using System.Buffers;
using System.Text;

namespace Caravan.Data.Parquet;

/// <summary>Writes Thrift's compact protocol; the counterpart of <see cref="ThriftReader"/>.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<int> _outer = new();
    private int _field;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>Begins a struct that is an element of a list, or the document itself.</summary>
    public ThriftWriter Begin()
    {
        _outer.Push(_field);
        _field = 0;
        return this;
    }

    /// <summary>Begins a struct in a field.</summary>
    public ThriftWriter Begin(int field) => Header(field, ThriftReader.Kind.Struct).Begin();

    public ThriftWriter End()
    {
        Byte(0);
        _field = _outer.Pop();
        return this;
    }

    public ThriftWriter Int32(int field, int value) => Header(field, ThriftReader.Kind.Int32).Integer(value);

    public ThriftWriter Int64(int field, long value) => Header(field, ThriftReader.Kind.Int64).Integer(value);

    public ThriftWriter Text(int field, string value) => Header(field, ThriftReader.Kind.Binary).Text(value);

    /// <summary>Begins a list in a field; its elements follow.</summary>
    public ThriftWriter List(int field, ThriftReader.Kind kind, int count)
    {
        Header(field, ThriftReader.Kind.List);
        Byte((Math.Min(count, 15) << 4) | (int)kind);
        if (count >= 15)
            Unsigned((ulong)count);
        return this;
    }

    /// <summary>An element of a list of integers.</summary>
    public ThriftWriter Integer(long value)
    {
        Unsigned((ulong)((value << 1) ^ (value >> 63)));
        return this;
    }

    /// <summary>An element of a list of texts.</summary>
    public ThriftWriter Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Unsigned((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    // Fields are written in rising order, and none is as far as 15 behind the one before.
    private ThriftWriter Header(int field, ThriftReader.Kind kind)
    {
        Byte(((field - _field) << 4) | (int)kind);
        _field = field;
        return this;
    }

    private void Byte(int value) => _bytes.Write([(byte)value]);

    private void Unsigned(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)value | 0x80);
        Byte((byte)value);
    }
}
