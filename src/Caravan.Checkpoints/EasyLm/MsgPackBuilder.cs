using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Caravan.Checkpoints;

/// <summary>Makes MessagePack, with 32-bit lengths throughout except for short names and lists.</summary>
internal sealed class MsgPackBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>The start of EasyLM's pair: the path of names, and the head of so many bytes.</summary>
    public void Pair(string name, long length)
    {
        Array(2);
        var parts = name.Split('/');
        Array(parts.Length);
        foreach (var part in parts)
            Text(part);
        Binary(length);
    }

    public void Array(int count) => Short(0x90, count);

    public void Map(int count) => Short(0x80, count);

    public void True() => Code(0xc3);

    public void Integer(long value)
    {
        Code(0xcf);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length < 32)
            Code(0xa0 | bytes.Length);
        else
            Long(0xdb, bytes.Length);
        _bytes.Write(bytes);
    }

    public void Binary(long length) => Long(0xc6, length);

    public void Extension(byte type, long length)
    {
        Long(0xc9, length);
        Code(type);
    }

    private void Code(int code) => _bytes.Write([(byte)code]);

    private void Short(int code, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 15);
        Code(code | count);
    }

    private void Long(byte code, long length)
    {
        Code(code);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, checked((uint)length));
        _bytes.Write(bytes);
    }
}
