using System.Text.RegularExpressions;

namespace Caravan.Cli.Tests.Documentation;

public sealed partial class LinksTests
{
    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(
                Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(page => Path.GetRelativePath(Repository.Root, page)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_ItsLinksInsideTheProject_LeadSomewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var targets = LinkPattern().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://") && !target.StartsWith('#'));

        Assert.All(targets, target => Assert.True(
            Path.Exists(Path.Combine(folder, target.Split('#')[0])), $"{page} links to {target}, which is not there"));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();
}
