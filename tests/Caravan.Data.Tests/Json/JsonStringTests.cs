using System.Text;
using System.Text.Json;
using Caravan.Data.Json;

namespace Caravan.Data.Tests.Json;

public sealed class JsonStringTests
{
    private static (int Length, int Position, string Text) Copy(string json)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var output = new byte[text.Length + JsonString.Slack];
        var position = 1;
        var length = JsonString.Copy(text, ref position, output);
        return (length, position, Encoding.UTF8.GetString(output, 0, Math.Max(0, length)));
    }

    private static string RandomText(Random random, string[] pieces, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => pieces[random.Next(pieces.Length)]));

    [Fact]
    public void Copy_AnyText_IsWhatTheWriterWrites()
    {
        var random = new Random(5);
        string[] pieces =
        [
            "a", "\"", "\\", "\n", "\t", "\u0001", "\u000b", "/", "é", "ü", "\u2028", "😀", "\u007f",
            "long run of text ",
        ];
        for (var round = 0; round < 5000; round++)
        {
            var text = RandomText(random, pieces, 40);
            // As Python writes it, all escaped, and as .NET does, with other escapes again.
            var python = string.Concat(text.Select(c => c is > ' ' and < '\u007f' and not ('"' or '\\')
                ? $"{c}" : c == ' ' ? " " : $"\\u{(int)c:x4}"));
            foreach (var json in new[] { $"\"{python}\"", JsonSerializer.Serialize(text) })
            {
                var (length, position, copied) = Copy(json + ",");
                Assert.Equal(JsonString.Of(text), Encoding.UTF8.GetBytes(copied));
                Assert.Equal(
                    (Encoding.UTF8.GetByteCount(copied), Encoding.UTF8.GetByteCount(json)), (length, position));
                Assert.Equal(text, JsonText.Decode(Encoding.UTF8.GetBytes(copied)));
            }
        }
    }

    [Theory]
    [InlineData("\"no end")]
    [InlineData("\"half \\ud83d\"")]
    [InlineData("\"half \\ud83d\\u0041\"")]
    [InlineData("\"half \\ude00\"")]
    [InlineData("\"nul \\u0000\"")]
    [InlineData("\"wrong \\x\"")]
    [InlineData("\"wrong \\u12g4\"")]
    [InlineData("\"short \\u12\"")]
    [InlineData("\"control \u0001\"")]
    [InlineData("\"a control \n that comes only after more than thirty-two bytes\"")]
    [InlineData("\"\\")]
    public void Copy_WhatIsNotSimple_IsLeftToTheThoroughReader(string json) => Assert.Equal(-1, Copy(json).Length);

    [Fact]
    public void Copy_DamagedJson_IsTakenForWhatTheThoroughReaderTakesItFor()
    {
        var random = new Random(7);
        string[] pieces =
        [
            "a", "\\\"", "\\\\", "\\n", "\\u00e9", "\\u0041", "\\ud83d\\ude00", "\\u2028", "\\/", "é", "😀",
            "\u007f", "a long run of text without anything special ",
        ];
        var damage = "\"\\u0d8\0\n/"u8.ToArray();
        var (taken, refused) = (0, 0);
        for (var round = 0; round < 50_000; round++)
        {
            var json = Encoding.UTF8.GetBytes($"\"{RandomText(random, pieces, 30)}\",");
            for (var i = random.Next(3); i > 0; i--)
                json[random.Next(1, json.Length)] = damage[random.Next(damage.Length)];
            // What is no UTF-8 does not come here.
            if (!System.Text.Unicode.Utf8.IsValid(json))
                continue;
            var (output, position) = (new byte[json.Length + JsonString.Slack], 1);
            var length = JsonString.Copy(json, ref position, output);
            if (ThoroughlyRead(json) is ({ } text, var end))
            {
                Assert.Equal(end, position);
                Assert.Equal(JsonString.Of(text), output[..length]);
                taken++;
            }
            else
            {
                Assert.Equal(-1, length);
                refused++;
            }
        }
        Assert.True(taken > 10_000 && refused > 1_000, $"{taken} strings were good and {refused} were not");
    }

    // The string at the beginning and where it ends; null if it is invalid, or has NUL or half a surrogate pair.
    private static (string? Text, int End) ThoroughlyRead(byte[] json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
        try
        {
            if (reader.Read() && reader.GetString() is { } text && !text.Contains('\0'))
                return (text, (int)reader.BytesConsumed);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Invalid JSON is the one, half a surrogate pair the other.
        }
        return (null, 0);
    }

    [Fact]
    public void Trim_AnyText_IsPythonsStrip()
    {
        var random = new Random(6);
        string[] pieces =
        [
            " ", "\n", "\t", "\r", "\f", "\u000b", "\u001c", "\u0085", "\u00a0", "\u2003", "\\", "n", "\\n", "u000b",
            "a",
            "é",
        ];
        for (var round = 0; round < 20000; round++)
        {
            var text = RandomText(random, pieces, 8);
            Assert.Equal(Whitespace.Trim(text), JsonText.Decode(JsonString.Trim(JsonString.Of(text))));
            Assert.Equal(Whitespace.IsBlank(text), JsonString.IsBlank(JsonString.Of(text)));
        }
    }
}
