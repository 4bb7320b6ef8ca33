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
