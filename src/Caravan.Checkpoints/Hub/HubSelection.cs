using System.IO.Enumeration;

namespace Caravan.Checkpoints;

/// <summary>
/// Which files of a repository are wanted. Without a wish: all but formats that nothing here reads, and weights that
/// are there a second time in an older format.
/// </summary>
public sealed record HubSelection
{
    private static readonly string[] Unread =
        [".gguf", ".ggml", ".h5", ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".mlmodel", ".npz"];

    private static readonly string[] Pickled = [".bin", ".pt", ".pth"];

    /// <summary>Only files of these patterns: <c>*</c> stands for anything, slashes too, and <c>?</c> for one
    /// character; a slash at the end means a whole folder.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>No files of these patterns.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Every file, even those that nothing here reads.</summary>
    public bool All { get; init; }

    /// <summary>The wanted files, and the others that neither pattern has left out.</summary>
    public (IReadOnlyList<HubFile> Wanted, IReadOnlyList<HubFile> Useless) Choose(IReadOnlyList<HubFile> files)
    {
        var asked = files
            .Where(file => Include.Count == 0 || Include.Any(pattern => Matches(pattern, file)))
            .Where(file => !Exclude.Any(pattern => Matches(pattern, file)))
            .ToList();
        if (All || Include.Count > 0)
            return (asked, []);
        var folders = files.Where(file => Extension(file) == ".safetensors").Select(Folder).ToHashSet();
        var useless = asked.Where(file => IsUseless(file, folders)).ToList();
        return ([.. asked.Except(useless)], useless);
    }

    private static bool IsUseless(HubFile file, HashSet<string> safetensorFolders) =>
        file.Path == ".gitattributes" || Unread.Contains(Extension(file)) ||
        (Pickled.Contains(Extension(file)) && safetensorFolders.Contains(Folder(file))) ||
        // Meta's own files, which their repositories hold beside the converted ones.
        (Folder(file) == "original" && safetensorFolders.Contains(""));

    private static bool Matches(string pattern, HubFile file) => FileSystemName.MatchesSimpleExpression(
        pattern.EndsWith('/') ? pattern + "*" : pattern, file.Path, ignoreCase: false);

    private static string Extension(HubFile file) => Path.GetExtension(file.Path).ToLowerInvariant();

    private static string Folder(HubFile file) => Path.GetDirectoryName(file.Path) ?? "";
}
