using System.Xml.Linq;

namespace Caravan.Cli.Tests.Architecture;

/// <summary>
/// Which room may use which. A reference that is not in this table is a decision about the architecture: it belongs
/// into docs/decisions before it belongs in here.
/// </summary>
public sealed class RoomDirectionsTests
{
    private const string Everything = "*";

    // Caravan.Files stands below all rooms and may be used by each of them.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Caravan.Files"] = [],
        ["Caravan.Torch"] = [],
        ["Caravan.Kernels"] = ["Caravan.Torch"],
        ["Caravan.Checkpoints"] = [],
        ["Caravan.Text"] = [],
        ["Caravan.Data"] = ["Caravan.Text"],
        ["Caravan.Models"] = ["Caravan.Torch", "Caravan.Kernels", "Caravan.Checkpoints"],
        ["Caravan.Generation"] = ["Caravan.Models", "Caravan.Text"],
        ["Caravan.Training"] = ["Caravan.Data", "Caravan.Models", "Caravan.Generation"],
        ["Caravan.Evaluation"] = ["Caravan.Generation", "Caravan.Data"],
        ["Caravan.Samples"] = ["Caravan.Data"],
        ["Caravan.Samples.Generator"] = ["Caravan.Samples"],
        ["Caravan.Cli"] = [Everything],
    };

    public static TheoryData<string> Projects => [.. ProjectFiles().Select(Name)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Room_ReferencesOnlyWhatItMayUse(string project)
    {
        Assert.True(MayUse.TryGetValue(project, out var allowed), $"{project} is not in the table of rooms");

        var references = References(ProjectFiles().Single(file => Name(file) == project));

        Assert.DoesNotContain("Caravan.Cli", references);
        if (!allowed.Contains(Everything))
            Assert.Empty(references.Except([.. allowed, "Caravan.Files"]));
    }

    [Fact]
    public void Rooms_AreFoundInTheTree() => Assert.True(ProjectFiles().Count() > 10, "no projects under src");

    private static IEnumerable<string> ProjectFiles() =>
        new[] { "src", "samples" }
            .Select(folder => Path.Combine(Repository.Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories));

    private static string Name(string projectFile) => Path.GetFileNameWithoutExtension(projectFile);

    private static List<string> References(string projectFile) =>
        [.. XDocument.Load(projectFile)
            .Descendants("ProjectReference")
            .Select(reference => Name(reference.Attribute("Include")!.Value))];
}
