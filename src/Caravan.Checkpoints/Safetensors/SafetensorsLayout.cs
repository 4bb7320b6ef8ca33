using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Caravan.Checkpoints;

/// <summary>
/// Where each tensor goes in a safetensors file: types of large elements first, then by name, so that every tensor is
/// aligned; the header is padded so that the data starts at a multiple of 8.
/// </summary>
internal sealed class SafetensorsLayout
{
    public SafetensorsLayout(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Tensors =
            [.. tensors.OrderByDescending(info => info.Type.Size()).ThenBy(info => info.Name, StringComparer.Ordinal)];
        Header = MakeHeader(metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        Positions = new long[Tensors.Count];
        FileLength = Header.Length;
        for (var i = 0; i < Tensors.Count; i++)
        {
            Positions[i] = FileLength;
            FileLength = checked(FileLength + Tensors[i].ByteLength);
        }
    }

    /// <summary>In the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Where each of <see cref="Tensors"/> starts in the file.</summary>
    public long[] Positions { get; }

    /// <summary>The first bytes of the file: length field, JSON, padding.</summary>
    public byte[] Header { get; }

    public long FileLength { get; }

    private byte[] MakeHeader(IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[8]);
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            long offset = 0;
            foreach (var info in Tensors)
            {
                WriteEntry(json, info, offset);
                offset = checked(offset + info.ByteLength);
            }
            json.WriteEndObject();
        }
        while (buffer.WrittenCount % 8 != 0)
            buffer.Write(" "u8);
        var header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorInfo info, long offset)
    {
        json.WriteStartObject(info.Name);
        json.WriteString("dtype", info.Type.SafetensorsName());
        json.WriteStartArray("shape");
        foreach (var size in info.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + info.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
