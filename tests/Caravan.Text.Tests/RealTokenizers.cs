using System.Collections.Concurrent;

namespace Caravan.Text.Tests;

/// <summary>The shared tokenizers, each loaded once.</summary>
internal static class RealTokenizers
{
    private static readonly ConcurrentDictionary<string, Tokenizer> Loaded = new();

    public static Tokenizer Llama2 => Get("tokenizers/llama2");

    public static Tokenizer Pythia => Get("tokenizers/pythia");

    public static Tokenizer Opt => Loaded.GetOrAdd("tokenizers/opt", _ => LoadOpt(addPrefixSpace: false));

    public static Tokenizer Get(string name) => name switch
    {
        "tokenizers/opt" => Opt,
        "tokenizers/opt with add_prefix_space" => Loaded.GetOrAdd(name, _ => LoadOpt(addPrefixSpace: true)),
        _ => Loaded.GetOrAdd(name, _ => Tokenizer.Load(Repository.SharedData(name))),
    };

    /// <summary>OPT's files carry no configuration; this is the one its model directories have.</summary>
    private static Tokenizer LoadOpt(bool addPrefixSpace)
    {
        var source = Repository.SharedData("tokenizers/opt");
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])["vocab.json", "merges.txt"])
            File.Copy(Path.Combine(source, file), Path.Combine(folder.Path, file));
        folder.Write("tokenizer_config.json", $$"""
            {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": true, "bos_token": "</s>", "eos_token": "</s>",
             "unk_token": "</s>", "pad_token": "<pad>", "add_prefix_space": {{(addPrefixSpace ? "true" : "false")}}}
            """);
        return Tokenizer.Load(folder.Path);
    }
}
