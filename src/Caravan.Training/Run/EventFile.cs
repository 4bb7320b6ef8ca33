using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Caravan.Training.Run;

/// <summary>
/// A TensorBoard event file. It is a TFRecord file: length (8 bytes), masked CRC-32C of the length (4), an Event
/// message of tensorflow/core/util/event.proto, masked CRC-32C of it (4); all little-endian. Every start of a run has a
/// file of its own, which begins by telling TensorBoard to forget what earlier files say of later steps.
/// </summary>
public sealed class EventFile : IDisposable
{
    // Field numbers and wire types of Event, Summary, Summary.Value and SessionLog.
    private const byte WallTime = 1 << 3 | 1, Step = 2 << 3, FileVersion = 3 << 3 | 2, Summary = 5 << 3 | 2,
        Session = 7 << 3 | 2;
    private const byte Value = 1 << 3 | 2, Tag = 1 << 3 | 2, SimpleValue = 2 << 3 | 5;
    private const byte Status = 1 << 3, Start = 1;

    private readonly FileStream _stream;
    private readonly TimeProvider _clock;

    /// <param name="step">Updates made so far.</param>
    public EventFile(string folder, int step, TimeProvider clock)
    {
        _clock = clock;
        var seconds = clock.GetUtcNow().ToUnixTimeSeconds();
        _stream = new FileStream(
            Path.Combine(
                folder, $"events.out.tfevents.{seconds}.{Environment.MachineName}.{Environment.ProcessId}.{step}"),
            FileMode.Create, FileAccess.Write, FileShare.Read);
        var version = new MemoryStream();
        WriteText(version, FileVersion, "brain.Event:2");
        WriteEvent(0, version);
        var session = new MemoryStream();
        session.Write([Session, 2, Status, Start]);
        WriteEvent(step, session);
    }

    /// <summary>Appends values, each under its tag.</summary>
    public void Write(int step, params ReadOnlySpan<(string Tag, double Value)> values)
    {
        var summary = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (tag, value) in values)
        {
            var entry = new MemoryStream();
            WriteText(entry, Tag, tag);
            entry.WriteByte(SimpleValue);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            entry.Write(number);
            WriteMessage(summary, Value, entry);
        }
        var content = new MemoryStream();
        WriteMessage(content, Summary, summary);
        WriteEvent(step, content);
    }

    public void Dispose() => _stream.Dispose();

    private void WriteEvent(int step, MemoryStream content)
    {
        var message = new MemoryStream();
        message.WriteByte(WallTime);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(number, _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        message.Write(number);
        message.WriteByte(Step);
        WriteVarint(message, (uint)step);
        content.WriteTo(message);
        WriteRecord(message.ToArray());
    }

    private void WriteRecord(byte[] message)
    {
        var record = new byte[12 + message.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        message.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + message.Length), MaskedCrc(message));
        _stream.Write(record);
        _stream.Flush();
    }

    private static void WriteText(MemoryStream stream, byte field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        stream.WriteByte(field);
        WriteVarint(stream, (uint)bytes.Length);
        stream.Write(bytes);
    }

    private static void WriteMessage(MemoryStream stream, byte field, MemoryStream message)
    {
        stream.WriteByte(field);
        WriteVarint(stream, (uint)message.Length);
        message.WriteTo(stream);
    }

    private static void WriteVarint(MemoryStream stream, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    // CRC-32C, rotated and shifted by a constant as TFRecord files have it.
    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
