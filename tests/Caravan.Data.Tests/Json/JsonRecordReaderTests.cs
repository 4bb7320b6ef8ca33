using System.Text;
using System.Text.Json;
using Caravan.Data.Json;
using Caravan.Files;

namespace Caravan.Data.Tests.Json;

public sealed class JsonRecordReaderTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_AnyChunkSize_GivesTheSameRecords(bool array)
    {
        var random = new Random(1);
        string[] values = [.. Enumerable.Range(0, 200).Select(_ => RandomObject(random, 3))];
        var text = array ? "[\n" + string.Join(" ,\r\n\n ", values) + "\n]\n" : string.Join("\r\n\n", values) + "\r";
        var bytes = Encoding.UTF8.GetBytes(text);
        string[] lines = text.Split('\n');
        foreach (var chunk in new[] { 16, 17, 64, 999, 1 << 20 })
        {
            var read = 0;
            foreach (var raw in JsonRecordReader.Read(new TricklingStream(bytes, random), "f", chunk))
            {
                Assert.Equal(values[read], Encoding.UTF8.GetString(raw.Utf8.Span));
                Assert.Equal(read, raw.Index);
                Assert.Equal(array ? read : null, raw.Origin.Element);
                Assert.StartsWith(values[read], lines[raw.Origin.Line - 1].TrimStart());
                Assert.True(bytes.AsSpan((int)raw.Offset).StartsWith(raw.Utf8.Span));
                read++;
            }
            Assert.Equal(values.Length, read);
        }
    }

    [Fact]
    public void Read_MutatedFiles_EndsOrNamesTheFile()
    {
        var random = new Random(2);
        for (var round = 0; round < 5000; round++)
        {
            var array = round % 2 == 0;
            var values = Enumerable.Range(0, 4).Select(_ => RandomObject(random, 2));
            var bytes = Encoding.UTF8.GetBytes(array ? $"[{string.Join(",", values)}]" : string.Join("\n", values));
            for (var i = 0; i < 3; i++)
                bytes[random.Next(bytes.Length)] = (byte)"{}[]\",\\\n x\xff"[random.Next(11)];
            try
            {
                foreach (var raw in JsonRecordReader.Read(
                    new MemoryStream(bytes, 0, random.Next(bytes.Length + 1)), "f", 32))
                {
                    using var document = JsonRecord.ParseReplacing(raw, out _, out _);
                    foreach (var property in document.RootElement.EnumerateObject())
                    {
                        if (property.Value.ValueKind == JsonValueKind.String)
                            JsonText.Read(property.Value, out _);
                    }
                }
            }
            catch (BadInputException error)
            {
                Assert.StartsWith("f:", error.Message);
            }
        }
    }

    [Fact]
    public void Parse_RepeatedKey_TakesTheLastAndSaysSo()
    {
        var raw = JsonRecordReader.Read(new MemoryStream("""{"a": 1, "a": 2}"""u8.ToArray()), "f").Single();
        using var document = JsonRecord.Parse(raw, out var repeated);
        Assert.True(repeated);
        Assert.Equal(2, document.RootElement.GetProperty("a").GetInt32());
    }

    [Fact]
    public void Parse_DeepNesting_IsAcceptedTo256AndRefusedBeyondReason()
    {
        static string Nested(int depth) =>
            string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        var good = JsonRecordReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(Nested(300))), "f").Single();
        JsonRecord.Parse(good, out _).Dispose();
        var deep = JsonRecordReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(Nested(100_000))), "f").Single();
        Assert.Throws<RecordException>(() => JsonRecord.Parse(deep, out _));
    }

    private static string RandomObject(Random random, int depth)
    {
        var fields = Enumerable.Range(0, random.Next(4)).Select(i => $"\"k{i}\": {RandomValue(random, depth)}");
        return "{" + string.Join(", ", fields) + "}";
    }

    private static string RandomValue(Random random, int depth) => random.Next(depth > 0 ? 5 : 3) switch
    {
        0 => random.Next(1000).ToString(),
        1 => JsonSerializer.Serialize(string.Concat(Enumerable.Range(0, random.Next(30))
            .Select(_ => "a\"\\\n{}[],é😀"[random.Next(10)]))),
        2 => "\"plain ]}{[\"",
        3 => "[" + string.Join(
            ",", Enumerable.Range(0, random.Next(3)).Select(_ => RandomValue(random, depth - 1))) + "]",
        _ => RandomObject(random, depth - 1),
    };

    /// <summary>Gives a few bytes at a time, as networks and decompressors do.</summary>
    private sealed class TricklingStream(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, 1 + random.Next(40)));
    }
}
