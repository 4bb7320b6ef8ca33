using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Tests.Lineage;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Prepared()
    {
        _folder.Write("raw/code_alpaca_20k.json", """[{"instruction": "a", "input": "", "output": "b"}]""");
        Preparation.Prepare(new CodeAlpaca(), _folder.In("raw"), _folder.In("out"), new(),
            TestContext.Current.CancellationToken);
        return _folder.In("out/code_alpaca_data.jsonl");
    }

    [Fact]
    public void Beside_ADataFile_GivesItsSourcesTermsAndHash()
    {
        var manifest = Manifest.Beside(Prepared())!;
        Assert.Equal([("code_alpaca", Licence.CcByNc4)], manifest.Licences);
        Assert.Equal(ManifestFile.Of(_folder.In("out/code_alpaca_data.jsonl")), manifest.Output);
        Assert.Equal(
            ManifestFile.Of(_folder.In("raw/code_alpaca_20k.json")).Sha256, manifest.Inputs.Single().Sha256);
        Assert.Null(Manifest.Beside(_folder.Write("own.jsonl", "")));
    }

    [Fact]
    public void Beside_AFileThatWasChanged_IsAnError()
    {
        var path = Prepared();
        File.AppendAllText(path, "{}\n");
        Assert.StartsWith($"{path}: the file is not the one that code_alpaca_data.report.json describes",
            Assert.Throws<BadInputException>(() => Manifest.Beside(path)).Message);
    }

    [Fact]
    public void SaveDerived_KeepsSourcesAndTerms()
    {
        var path = Prepared();
        var output = _folder.Write("derived.jsonl", File.ReadAllText(path));
        Manifest.SaveDerived(path, output, "derived", 0, 1, 1, new Dictionary<string, long>());
        var derived = Manifest.Beside(output)!;
        Assert.Equal(("derived", Licence.CcByNc4), (derived.Dataset, derived.Licence));
        Assert.Equal([("code_alpaca", Licence.CcByNc4)], derived.Licences);
        Assert.Throws<BadInputException>(() => LicencePolicy.Require("commercial", derived.Licences));
    }
}
