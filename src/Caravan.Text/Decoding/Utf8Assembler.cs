using System.Text;

namespace Caravan.Text.Decoding;

/// <summary>Assembles text from pieces of UTF-8; an incomplete character waits for its rest.</summary>
internal sealed class Utf8Assembler
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The text that is complete with these bytes; bytes that can be no UTF-8 become U+FFFD.</summary>
    public string Append(ReadOnlySpan<byte> bytes) => Decode(bytes, flush: false);

    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = stackalloc char[64];
        var count = _decoder.GetCharCount(bytes, flush);
        if (count > chars.Length)
            chars = new char[count];
        return new string(chars[.._decoder.GetChars(bytes, chars, flush)]);
    }
}
