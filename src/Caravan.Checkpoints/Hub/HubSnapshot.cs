using Caravan.Files.Downloads;

namespace Caravan.Checkpoints;

/// <summary>The files of a repository at one commit.</summary>
/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Commit">40 hexadecimal digits.</param>
public sealed record HubSnapshot(string Id, string Commit, IReadOnlyList<HubFile> Files)
{
    /// <summary>The repository's page.</summary>
    public string Page => $"{HubAccess.Home}/{Id}";

    /// <summary>What to fetch for one of the files, into a folder.</summary>
    public Download Download(HubFile file, string folder) => new(
        $"{Page}/resolve/{Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}",
        System.IO.Path.Combine(folder, file.Path))
    {
        Bytes = file.Bytes,
        Sha256 = file.Sha256,
        GitBlobSha1 = file.GitBlobSha1,
        Page = Page,
    };
}
