namespace Caravan.Checkpoints;

/// <summary>The small files of a model folder beside its weights: configuration, tokenizer, licence.</summary>
internal static class CompanionFiles
{
    private static readonly string[] Configurations = [ModelConfigFile.FileName, GenerationConfigFile.FileName];

    private static readonly string[] Tokenizers =
    [
        "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json",
    ];

    private static readonly string[] Texts = ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "README.md"];

    /// <summary>Copies what there is: configuration, tokenizer and texts.</summary>
    public static void Copy(string from, string to) => Copy(from, to, [.. Configurations, .. Tokenizers, .. Texts]);

    /// <summary>Copies the tokenizer only.</summary>
    public static void CopyTokenizer(string from, string to) => Copy(from, to, Tokenizers);

    public static bool HasTokenizer(string directory) =>
        new[] { "tokenizer.model", "tokenizer.json", "vocab.json" }.Any(
            name => File.Exists(Path.Combine(directory, name)));

    private static void Copy(string from, string to, string[] names)
    {
        foreach (var name in names)
        {
            var (source, target) = (Path.Combine(from, name), Path.Combine(to, name));
            if (!File.Exists(source))
                continue;
            // An interrupted run's copy of a read-only file could not be overwritten.
            File.Delete(target);
            File.Copy(source, target);
        }
    }
}
