using System.Text;
using System.Text.Json;
using Caravan.Data.Parquet;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Tests.Parquet;

public sealed class ParquetFileTests : IDisposable
{
    private static readonly string[] Files =
    [
        "alltypes_plain.snappy", "datapage_v1-snappy-compressed-checksum", "delta_byte_array", "nested_lists.snappy",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Path(string name) => Repository.SharedData($"parquet/{name}.parquet");

    private static List<string> Rows(string path) =>
        [.. RecordFile.Read(path).Select(record => Encoding.UTF8.GetString(record.Utf8.Span))];

    [Fact]
    public void Read_AllTypes_GivesTheirValues() => Assert.Equal(
        [
            """{"id":6,"bool_col":true,"tinyint_col":0,"smallint_col":0,"int_col":0,"bigint_col":0""" +
                ""","float_col":0,"double_col":0""" +
                ""","date_string_col":"04/01/09","string_col":"0","timestamp_col":"2009-04-01T00:00:00"}""",
            """{"id":7,"bool_col":false,"tinyint_col":1,"smallint_col":1,"int_col":1,"bigint_col":10""" +
                ""","float_col":1.100000023841858,"double_col":10.1""" +
                ""","date_string_col":"04/01/09","string_col":"1","timestamp_col":"2009-04-01T00:01:00"}""",
        ], Rows(Path("alltypes_plain.snappy")));

    [Fact]
    public void Read_NestedLists_KeepsNullsApartFromEmptyLists() => Assert.Equal(
        [
            """{"a":[[["a","b"],["c"]],[null,["d"]]],"b":1}""",
            """{"a":[[["a","b"],["c","d"]],[null,["e"]]],"b":1}""",
            """{"a":[[["a","b"],["c","d"],["e"]],[null,["f"]]],"b":1}""",
        ], Rows(Path("nested_lists.snappy")));

    [Fact]
    public void Read_DeltaByteArray_GivesRowsWhoseColumnsBelongTogether()
    {
        var rows = Rows(Path("delta_byte_array")).ConvertAll(row => JsonDocument.Parse(row).RootElement);
        Assert.Equal(1000, rows.Count);
        Assert.Equal(1000, rows.Select(row => row.GetProperty("c_customer_id").GetString()).Distinct().Count());
        // The table was generated so that an address is made of the name in two other columns.
        var named = rows.Where(row => new[] { "c_first_name", "c_last_name", "c_email_address" }
            .All(column => row.GetProperty(column).ValueKind == JsonValueKind.String)).ToList();
        Assert.InRange(named.Count, 800, 1000);
        Assert.All(named, row => Assert.StartsWith(
            $"{row.GetProperty("c_first_name").GetString()}.{row.GetProperty("c_last_name").GetString()}@",
            row.GetProperty("c_email_address").GetString()));
    }

    [Fact]
    public void Read_ChecksummedPages_AreVerified()
    {
        var path = Path("datapage_v1-snappy-compressed-checksum");
        using (var file = ParquetFile.Open(path))
            Assert.Equal(Rows(path).Count, file.Rows);
        var bytes = File.ReadAllBytes(path);
        bytes[200] ^= 1;
        var damaged = _folder.Write("damaged.parquet", bytes);
        Assert.Contains("checksum", Assert.Throws<BadInputException>(() => Rows(damaged)).Message);
    }

    [Fact]
    public void ReadColumn_TextAlone_GivesTheSameTexts()
    {
        using var file = ParquetFile.Open(Path("delta_byte_array"));
        var texts = new List<string?>();
        file.ReadColumn(0, "c_first_name", (value, there) => texts.Add(there ? Encoding.UTF8.GetString(value) : null));
        Assert.Equal(
            Rows(file.Path).Select(
                row => JsonDocument.Parse(row).RootElement.GetProperty("c_first_name").GetString()), texts);
        Assert.Contains(null, texts);
    }

    [Fact]
    public void Read_MutatedFiles_GiveRowsOrAnError_AndNothingElse_OnOneThreadOrMany()
    {
        // The whole 50,000 are run on request (CARAVAN_FUZZ=50000); a part of them in every run.
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CARAVAN_FUZZ") ?? "1200");
        var random = new Random(12);
        byte[][] originals = [.. Files.Select(name => File.ReadAllBytes(Path(name))), SeveralRowGroups()];
        var path = _folder.In("mutated.parquet");
        var (whole, damaged) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            File.WriteAllBytes(path, Mutated(originals[round % originals.Length], random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var (rows, error) = Outcome(path, threads: 1);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400L << 20);
            Assert.True(error is null || error.StartsWith(path, StringComparison.Ordinal), error);
            // Row groups that are decoded ahead give the same rows, and the same error behind them.
            Assert.Equal((rows, error), Outcome(path, threads: 3));
            (whole, damaged) = error is null ? (whole + 1, damaged) : (whole, damaged + 1);
        }
        // Otherwise the mutations would not reach what is to be tested.
        Assert.InRange(whole, rounds / 100, rounds);
        Assert.InRange(damaged, rounds / 4, rounds);
    }

    private static byte[] Mutated(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        var inFooter = random.Next(2) == 0;
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = inFooter
                ? bytes.Length - 1 - random.Next(Math.Min(1500, bytes.Length)) : random.Next(bytes.Length);
            bytes[at] = (byte)random.Next(256);
        }
        return random.Next(20) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    // How many rows come before the end or the error, all of their bytes taken together, and the error.
    private static ((int Rows, ulong Hash) Read, string? Error) Outcome(string path, int threads)
    {
        var (rows, hash) = (0, 0UL);
        try
        {
            foreach (var chunk in RecordFile.ReadChunks(path, threads: threads))
            {
                using (chunk)
                {
                    foreach (var record in chunk.Records)
                        (rows, hash) = (rows + 1, hash * 31 + TextHash.Of(Encoding.UTF8.GetString(record.Utf8.Span)));
                }
                if (rows > 3000)
                    break;
            }
            return ((rows, hash), null);
        }
        catch (BadInputException error)
        {
            return ((rows, hash), error.Message);
        }
    }

    private static byte[] SeveralRowGroups()
    {
        using var stream = new MemoryStream();
        using (var writer = new ParquetWriter(
            stream, [new("id"), new("turns", ["from", "value"])], rowGroupBytes: 4000))
        {
            for (var row = 0; row < 600; row++)
            {
                writer.Add([$"row-{row}", new(null, [.. Enumerable.Range(0, row % 4).Select(turn =>
                    (string[])[turn % 2 == 0 ? "human" : "gpt", $"text {row * turn} and {turn}"])])]);
            }
        }
        return stream.ToArray();
    }

    [Theory]
    [InlineData("PAR1", "does not begin and end with PAR1")]
    [InlineData("PAR1\u0001\u0000\u0000\u0000\u00ff\u00ff\u0000\u0000PAR1", "its footer states 65535 bytes")]
    public void Open_NotParquet_SaysSo(string text, string message)
    {
        var path = _folder.Write("x.parquet", Encoding.Latin1.GetBytes(text));
        Assert.Contains(message, Assert.Throws<BadInputException>(() => ParquetFile.Open(path)).Message);
    }
}
