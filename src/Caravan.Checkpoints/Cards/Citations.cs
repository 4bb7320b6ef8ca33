namespace Caravan.Checkpoints;

/// <summary>What to cite for a base model and for a layout of prompts, as BibTeX.</summary>
public static class Citations
{
    private static readonly (string Word, string Entry)[] Bases =
    [
        ("open_llama", Entry("openlm2023openllama", "Geng, Xinyang and Liu, Hao", 2023,
            "OpenLLaMA: An Open Reproduction of LLaMA", url: "https://github.com/openlm-research/open_llama")),
        ("llama-2", Entry("touvron2023llama2", "Touvron, Hugo and others", 2023,
            "Llama 2: Open Foundation and Fine-Tuned Chat Models", "2307.09288")),
        ("llama", Entry("touvron2023llama", "Touvron, Hugo and others", 2023,
            "LLaMA: Open and Efficient Foundation Language Models", "2302.13971")),
        ("pythia", Entry("biderman2023pythia", "Biderman, Stella and others", 2023,
            "Pythia: A Suite for Analyzing Large Language Models Across Training and Scaling", "2304.01373")),
        ("opt", Entry("zhang2022opt", "Zhang, Susan and others", 2022,
            "OPT: Open Pre-trained Transformer Language Models", "2205.01068")),
    ];

    private static readonly string Tulu = Entry("wang2023camels", "Wang, Yizhong and others", 2023,
        "How Far Can Camels Go? Exploring the State of Instruction Tuning on Open Resources", "2306.04751");

    /// <summary>The entries that are known; none for an unknown base.</summary>
    public static IReadOnlyList<string> For(string baseModel, CardPrompt prompt)
    {
        // Without the owner, and whole words only: "opt" is the beginning of many others.
        var name = ModelCard.FolderName(baseModel);
        var entry = Bases.FirstOrDefault(known => name.StartsWith(known.Word, StringComparison.Ordinal) &&
            (name.Length == known.Word.Length || !char.IsAsciiLetter(name[known.Word.Length]))).Entry;
        return [.. prompt == CardPrompt.Tulu ? new[] { Tulu } : [], .. entry is null ? Array.Empty<string>() : [entry]];
    }

    private static string Entry(
        string key, string authors, int year, string title, string? arxiv = null, string? url = null)
    {
        string[] fields =
        [
            $"title = {{{title}}}",
            $"author = {{{authors}}}",
            $"year = {{{year}}}",
            .. arxiv is null ? new[] { $"url = {{{url}}}" } : [$"eprint = {{{arxiv}}}", "archivePrefix = {arXiv}"],
        ];
        return $"@misc{{{key},\n  {string.Join(",\n  ", fields)}\n}}";
    }
}
