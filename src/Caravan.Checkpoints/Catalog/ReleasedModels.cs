using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// The checkpoints that open-instruct (Tülu 1, arXiv:2306.04751) and OpenAlpaca have released, and the OpenLLaMA
/// previews that the latter stand on. What was trained over LLaMA is a diff, because LLaMA itself may not be passed on.
/// </summary>
public static class ReleasedModels
{
    private const string Tulu = "Tülu 1", OpenAlpaca = "OpenAlpaca", OpenLlama = "OpenLLaMA";
    private const string HumanMix = "Flan V2, CoT, Dolly, Open Assistant 1";
    private const string TuluMix = HumanMix + ", GPT4-Alpaca, Code-Alpaca, ShareGPT";
    private const string DollyShort = "Dolly, records of at most 2,000 words";
    private const string RedPajama = "RedPajama";
    private const string Research = "research, no commercial use";
    private const string OnTuluTerms = "AI2's licence for the Tülu models binds as well";
    private const string Any = "any use, with attribution";

    /// <summary>Every checkpoint, in the order of the paper's table. A new one is one line.</summary>
    public static IReadOnlyList<ReleasedModel> All { get; } =
    [
        .. Diffs("open-instruct-sni", "Super-NaturalInstructions", "7B", "13B"),
        .. Diffs("open-instruct-cot", "CoT", "7B", "13B"),
        .. Diffs("open-instruct-flan-v2", "Flan V2", "7B", "13B"),
        .. Diffs("open-instruct-dolly", "Dolly", "7B", "13B"),
        .. Diffs("open-instruct-oasst1", "Open Assistant 1", "7B", "13B"),
        .. Diffs("open-instruct-sharegpt", "ShareGPT", "7B", "13B", "30B", "65B"),
        .. Diffs("open-instruct-self-instruct", "Self-Instruct (original)", "7B", "13B"),
        .. Diffs("open-instruct-unnatural-instructions", "Unnatural Instructions", "7B", "13B"),
        .. Diffs("open-instruct-stanford-alpaca", "Alpaca", "7B", "13B"),
        .. Diffs("open-instruct-code-alpaca", "Code-Alpaca", "7B", "13B"),
        .. Diffs("open-instruct-gpt4-alpaca", "GPT4-Alpaca", "7B", "13B"),
        .. Diffs("open-instruct-baize", "Baize", "7B", "13B"),
        .. Diffs("open-instruct-human-mix", $"Human mix: {HumanMix}", "7B", "13B", "30B", "65B"),
        .. Diffs("tulu", $"Tülu mix: {TuluMix}", "7B", "13B", "30B", "65B"),
        new("allenai/open-instruct-pythia-6.9b-tulu", Tulu, "6.9B", ReleaseKind.Full, "EleutherAI/pythia-6.9b",
            $"Tülu mix: {TuluMix}", "Tülu + Apache-2.0", $"{Any}, by Pythia's licence; {OnTuluTerms}"),
        new("allenai/open-instruct-opt-6.7b-tulu", Tulu, "6.7B", ReleaseKind.Full, "facebook/opt-6.7b",
            $"Tülu mix: {TuluMix}", "Tülu + OPT", $"{Research}, by OPT's licence; {OnTuluTerms}"),
        Alpaca("openalpaca_7b_preview_2bt", "7B", "open_llama_7b_preview_200bt"),
        Alpaca("openalpaca_7b_preview_3bt", "7B", "open_llama_7b_preview_300bt"),
        Alpaca("openalpaca_3b_600bt_preview", "3B", "open_llama_3b_600bt_preview"),
        Alpaca("openalpaca_7b_700bt_preview", "7B", "open_llama_7b_700bt_preview"),
        Llama("open_llama_7b_preview_200bt", "7B", "200B", "open_llama_7b_preview_200bt_transformers_weights"),
        Llama("open_llama_7b_preview_300bt", "7B", "300B", "open_llama_7b_preview_300bt_transformers_weights"),
        Llama("open_llama_3b_600bt_preview", "3B", "600B"),
        Llama("open_llama_7b_700bt_preview", "7B", "700B"),
    ];

    /// <summary>Collections of the same authors' later models, as addresses of their pages.</summary>
    public static IReadOnlyList<string> Collections { get; } =
    [
        "https://huggingface.co/collections/allenai/tulu-v25-suite-66676520fd578080e126f618",
        "https://huggingface.co/collections/allenai/olmo-suite-65aeaae8fe5b6b2122b46778",
    ];

    /// <summary>The checkpoint of an id, or of a name without its owner; null if none is called so.</summary>
    public static ReleasedModel? Find(string name) => All.FirstOrDefault(model =>
        model.Id.Equals(name, StringComparison.OrdinalIgnoreCase) ||
        model.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>As <see cref="Find"/>, where nothing else will do.</summary>
    /// <exception cref="BadInputException">None is called so; the message says which may have been meant.</exception>
    public static ReleasedModel Get(string name) => Find(name) ?? throw new BadInputException(
        $"There is no model '{name}' in the catalogue.{Suggest(name)} 'caravan models list' shows all.");

    /// <summary>" Did you mean …?" with the names that hold all words of this one, or else the nearest; empty if none.
    /// </summary>
    public static string Suggest(string name)
    {
        var asked = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();
        var words = asked.Split(['-', '_'], StringSplitOptions.RemoveEmptyEntries);
        var meant = All.Select(model => model.Name)
            .Where(known => words.Length > 0 && words.All(known.Split('-', '_').Contains)).ToList();
        if (meant.Count is 0 or > 4)
            meant = Spelling.Nearest(asked, All.Select(model => model.Name)) is { } nearest ? [nearest] : [];
        return meant.Count == 0 ? "" : $" Did you mean {string.Join(" or ", meant.Select(known => $"'{known}'"))}?";
    }

    private static IEnumerable<ReleasedModel> Diffs(string name, string data, params string[] sizes) =>
        sizes.Select(size => new ReleasedModel(
            $"allenai/{name}-{size.ToLowerInvariant()}", Tulu, size, ReleaseKind.Diff, $"LLaMA {size}", data,
            "Tülu + LLaMA", $"{Research}, by LLaMA's licence; {OnTuluTerms}"));

    private static ReleasedModel Alpaca(string name, string size, string @base) => new(
        $"openllmplayground/{name}", OpenAlpaca, size, ReleaseKind.Full, $"openlm-research/{@base}", DollyShort,
        "Apache-2.0", $"{Any}; the data is CC BY-SA 3.0");

    private static ReleasedModel Llama(string name, string size, string tokens, string? folder = null) => new(
        $"openlm-research/{name}", OpenLlama, size, ReleaseKind.Full, null, $"{RedPajama}, {tokens} tokens",
        "Apache-2.0", Any)
    {
        Folder = folder,
    };
}
