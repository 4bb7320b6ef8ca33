using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Caravan.Cli.Tokens;

/// <summary>Tokenized texts as lines of JSON.</summary>
internal static class TokenJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Appends one line: <c>id</c> (if there is one), <c>text</c>, <c>ids</c>, <c>offsets</c> and for a
    /// conversation <c>labels</c>.</summary>
    public static void Append(IBufferWriter<byte> output, string? id, TokenizedText tokenized)
    {
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            if (id is not null)
                writer.WriteString("id", id);
            writer.WriteString("text", tokenized.Text);
            WriteNumbers(writer, "ids", tokenized.Ids);
            writer.WriteStartArray("offsets");
            foreach (var range in tokenized.OffsetsInCodePoints())
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(range.Start);
                writer.WriteNumberValue(range.End);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
            if (tokenized.Labels is { } labels)
                WriteNumbers(writer, "labels", labels);
            writer.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, int[] numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
