using System.Text;
using Caravan.Data.Json;

namespace Caravan.Data;

/// <summary>
/// Writes records as JSON Lines, <c>{"dataset": …, "id": …, "messages": [{"role": …, "content": …}]}</c>, with what
/// else they had behind it, UTF-8 without a byte-order mark, every line ended by LF. The stream stays open.
/// </summary>
/// <param name="stream">Where to write.</param>
/// <param name="ascii">Escape everything that is not ASCII, as open-instruct's files do.</param>
public sealed class InstructionWriter(Stream stream, bool ascii = false) : IDisposable
{
    private readonly BufferedStream _stream = new(stream, 1 << 16);
    private readonly JsonLine _line = new(ascii);

    public void Write(InstructionRecord record)
    {
        _line.Clear();
        Append(_line, record);
        _stream.Write(_line.Written);
    }

    /// <summary>Writes what is still buffered.</summary>
    public void Dispose() => _stream.Flush();

    internal static void Append(JsonLine line, InstructionRecord record)
    {
        line.Raw("{\"dataset\": "u8).Text(record.Dataset).Raw(", \"id\": "u8).Text(record.Id)
            .Raw(", \"messages\": ["u8);
        var first = true;
        foreach (var message in record.Messages)
        {
            line.Raw(first ? "{\"role\": "u8 : ", {\"role\": "u8).Text(message.Role)
                .Raw(", \"content\": "u8).Text(message.Content).Raw("}"u8);
            first = false;
        }
        line.Raw("]"u8);
        if (record.OtherKeys is { } others)
            line.Raw(", "u8).Quoted(Encoding.UTF8.GetBytes(others));
        line.Raw("}\n"u8);
    }
}
