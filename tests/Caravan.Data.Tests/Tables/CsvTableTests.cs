using System.Text;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Tests.Tables;

public sealed class CsvTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private List<string> Rows(string csv) => [.. RecordFile.Read(_folder.Write("t.csv", csv))
        .Select(record => $"{record.Origin.Line} {Encoding.UTF8.GetString(record.Utf8.Span)}")];

    [Fact]
    public void Read_QuotesAndLineBreaks_AreData() => Assert.Equal(
        ["""2 {"a":"1","b":"x, \"y\"\nz"}""", """5 {"a":"","b":"é"}"""],
        Rows("\uFEFFa,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n\"\",é"));

    [Theory]
    [InlineData("a,b\n1\n", ":2: the row has 1 fields and the header 2.")]
    [InlineData("a\nx\"y\n", ":2: a quote stands inside a field that is not quoted.")]
    [InlineData("a\n\"x\ny", ":2: the file ends inside a quoted field")]
    public void Read_Broken_NamesTheLine(string csv, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => Rows(csv)).Message);

    [Fact]
    public void Read_DamagedWorkbook_IsAnErrorThatNamesIt()
    {
        Spreadsheet.Write(_folder.In("t.xlsx"), [["a"], ["b"]]);
        var whole = File.ReadAllBytes(_folder.In("t.xlsx"));
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var i = 0; i < 3; i++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var path = _folder.Write("t.xlsx", bytes);
            try
            {
                _ = RecordFile.Read(path).Count();
            }
            catch (BadInputException error)
            {
                Assert.StartsWith(path, error.Message);
            }
        }
    }
}
