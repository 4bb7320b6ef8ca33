using Caravan.Data.Tests.Conversion;

namespace Caravan.Data.Tests.Datasets;

/// <summary>The example of docs/adding-a-dataset.md is <see cref="Riddles"/>, and it works.</summary>
public sealed class RiddlesTests
{
    [Fact]
    public void Example_OfTheGuide_Converts()
    {
        using var folder = new TemporaryFolder();
        folder.Write("riddles.jsonl", """{"riddle": "What has keys and opens nothing?", "answer": "A piano."}""");
        Assert.Equal(
            ["riddles_0|u:What has keys and opens nothing?|a:A piano."], Converted.By(new Riddles(), folder).Lines);
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "adding-a-dataset.md"));
        var code = File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "Caravan.Data.Tests", "Datasets", "Riddles.cs"));
        Assert.Contains(code[code.IndexOf("/// <summary>", StringComparison.Ordinal)..], guide);
    }
}
