using System.Text;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;

namespace Caravan.Data.Tests.Datasets.Instruction;

/// <summary>The short cuts for common records give what the thorough way gives.</summary>
public sealed class QuickConversionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A second key beyond those that are used, or keys in another order, lead off the short cut.
    private string Prepared(Dataset dataset, string file, IEnumerable<string> records, bool ascii, int threads)
    {
        _folder.Write($"raw/{file}", "[" + string.Join(",\n", records) + "]");
        var settings = new ConversionSettings { Ascii = ascii, Threads = threads, CountTokens = text => text.Length };
        var manifest = Preparation.Prepare(dataset, _folder.In("raw"), _folder.In("out"), settings,
            TestContext.Current.CancellationToken);
        var (warnings, skipped) = (string.Join(",", manifest.Warnings), string.Join(",", manifest.Skipped));
        return $"{manifest.Read} {manifest.Kept} {warnings} {skipped}\n" +
            File.ReadAllText(_folder.In($"out/{dataset.Card.Slug}_data.jsonl"));
    }

    private static string Text(Random random)
    {
        string[] pieces =
        [
            "a", " ", "\\n", "\\\"", "\\u00e9", "é", "\\ud83d\\ude00", "\\\\", "{input}", "\\u000b", "\\/", "word ",
        ];
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Alpaca_EitherWay_GivesTheSameBytes(bool ascii)
    {
        var random = new Random(7);
        var records = Enumerable.Range(0, 3000).Select(_ =>
            $"\"instruction\": \"{Text(random)}\", \"input\" : \"{Text(random)}\",\n \"output\":\"{Text(random)}\"")
            .ToList();
        var quick = Prepared(new StanfordAlpaca(), "alpaca_data.json", records.Select(r => "{" + r + "}"), ascii, 1);
        foreach (var threads in new[] { 1, 3 })
        {
            Assert.Equal(quick, Prepared(new StanfordAlpaca(), "alpaca_data.json",
                records.Select(r => "{\"more\": 1, " + r + "}"), ascii, threads));
        }
        Assert.Equal(ascii, Ascii.IsValid(quick));
    }

    [Fact]
    public void ShareGpt_EitherWay_GivesTheSameBytes()
    {
        _folder.Write("raw/sg_90k_part2_html_cleaned.json", "[]");
        var random = new Random(8);
        string[] senders = ["human", "gpt", "human", "gpt", "human", "gpt", "system", "b\\u00efng"];
        var records = Enumerable.Range(0, 2000).Select(i =>
        {
            string Sender(int turn) => senders[random.Next(20) == 0 ? random.Next(8) : turn % 2];
            var turns = Enumerable.Range(0, random.Next(7)).Select(turn =>
                $"{{\"from\": \"{Sender(turn)}\", \"value\": \"{Text(random)}\"}}");
            return $"\"id\": \"c{i}\", \"conversations\": [{string.Join(", ", turns)}]";
        }).ToList();
        const string File = "sg_90k_part1_html_cleaned.json";
        Assert.Equal(
            Prepared(new ShareGpt(), File, records.Select(r => "{" + r + "}"), false, 1),
            Prepared(new ShareGpt(), File, records.Select(r => "{\"more\": 1, " + r + "}"), false, 2));
    }
}
