using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Caravan.Data.Json;

/// <summary>Parses a <see cref="RawRecord"/> into a JSON object, with errors that point into the file.</summary>
public static class JsonRecord
{
    // Conversation trees nest two levels a reply; .NET's own limit of 64 is too small for them.
    private const int DeepestNesting = 512;

    // Up to so many keys, comparing each with each is faster than hashing them.
    private const int FewKeys = 64;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DeepestNesting };

    /// <summary>
    /// The record's object; the caller disposes it. A repeated key is taken at its last place and reported by
    /// <paramref name="repeatedKeys"/>.
    /// </summary>
    /// <exception cref="RecordException">Not UTF-8 (E07, with the byte's position), or not an object (E01).</exception>
    public static JsonDocument Parse(RawRecord raw, out bool repeatedKeys)
    {
        var invalid = IndexOfInvalidUtf8(raw.Utf8.Span);
        if (invalid >= 0)
        {
            throw new RecordException(RecordFault.InvalidUtf8, raw.Origin,
                $"byte 0x{raw.Utf8.Span[invalid]:x2} at offset {raw.Offset + invalid} of the file is not valid " +
                "UTF-8. Is the file in another encoding?");
        }
        return ParseText(raw.Utf8, raw.Origin, out repeatedKeys);
    }

    /// <summary>The same, with bytes that are not UTF-8 replaced by U+FFFD and reported.</summary>
    public static JsonDocument ParseReplacing(RawRecord raw, out bool repeatedKeys, out bool invalidUtf8)
    {
        invalidUtf8 = !Utf8.IsValid(raw.Utf8.Span);
        var text = invalidUtf8 ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(raw.Utf8.Span)) : raw.Utf8;
        return ParseText(text, raw.Origin, out repeatedKeys);
    }

    /// <summary>An object that was written here, and so is known to be one.</summary>
    internal static JsonDocument ParseMembers(string json) => JsonDocument.Parse(json, Options);

    private static JsonDocument ParseText(ReadOnlyMemory<byte> utf8, RecordOrigin origin, out bool repeatedKeys)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException exception)
        {
            throw new RecordException(RecordFault.NotAnObject, InLine(origin, exception),
                $"invalid JSON: {Reason(exception)}");
        }
        // The reader accepts such keys, and refuses to compare them later.
        if (EscapesSurrogates(utf8.Span) && HasBrokenKey(document.RootElement))
        {
            document.Dispose();
            throw new RecordException(RecordFault.NotAnObject, origin, "invalid JSON: half a surrogate pair in a key.");
        }
        repeatedKeys = HasRepeatedKeys(document.RootElement);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        var kind = JsonText.Kind(document.RootElement);
        document.Dispose();
        throw new RecordException(RecordFault.NotAnObject, origin, $"expected a JSON object, found {kind}.");
    }

    private static bool EscapesSurrogates(ReadOnlySpan<byte> utf8) =>
        utf8.IndexOf("\\ud"u8) >= 0 || utf8.IndexOf("\\uD"u8) >= 0;

    private static bool HasBrokenKey(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(HasBrokenKey),
        JsonValueKind.Object => element.EnumerateObject().Any(member =>
            JsonText.HasHalfPair(JsonMarshal.GetRawUtf8PropertyName(member)) || HasBrokenKey(member.Value)),
        _ => false,
    };

    private static bool HasRepeatedKeys(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(HasRepeatedKeys),
        JsonValueKind.Object => RepeatsAKey(element) ||
            element.EnumerateObject().Any(property => HasRepeatedKeys(property.Value)),
        _ => false,
    };

    private static bool RepeatsAKey(JsonElement element)
    {
        var count = element.GetPropertyCount();
        if (count > FewKeys)
            return element.EnumerateObject().Select(property => property.Name).Distinct().Count() < count;
        var position = 0;
        foreach (var property in element.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            var earlier = 0;
            foreach (var other in element.EnumerateObject())
            {
                if (earlier++ == position)
                    break;
                if (JsonMarshal.GetRawUtf8PropertyName(other).SequenceEqual(name))
                    return true;
            }
            position++;
        }
        return false;
    }

    private static RecordOrigin InLine(RecordOrigin origin, JsonException exception) =>
        origin with { Line = origin.Line + (exception.LineNumber ?? 0) };

    // The parser's message ends with its own count of lines, which starts at the record instead of the file.
    private static string Reason(JsonException exception)
    {
        var end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var reason = end < 0 ? exception.Message : exception.Message[..end];
        return $"{reason} (byte {exception.BytePositionInLine ?? 0} of the line)";
    }

    private static int IndexOfInvalidUtf8(ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
            return -1;
        var position = 0;
        while (Rune.DecodeFromUtf8(utf8[position..], out _, out var length) == System.Buffers.OperationStatus.Done)
            position += length;
        return position;
    }
}
