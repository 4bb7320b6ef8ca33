namespace Caravan.Checkpoints;

/// <summary>What a model card says.</summary>
public sealed record ModelCard
{
    /// <summary>The repository that the model is published in: <c>owner/name</c>, or a name alone.</summary>
    public required string Id { get; init; }

    /// <summary>The base model: a repository of the hub, or a name such as <c>LLaMA 7B</c>.</summary>
    public required string Base { get; init; }

    /// <summary>The architecture's class name; null if unknown.</summary>
    public string? Architecture { get; init; }

    /// <summary>Null if unknown.</summary>
    public long? Parameters { get; init; }

    /// <summary>How it was made, in words that follow "by": <c>supervised finetuning</c>; null if unknown.</summary>
    public string? Method { get; init; }

    /// <summary>Whether the weights are the model minus its base.</summary>
    public bool IsDiff { get; init; }

    public IReadOnlyList<CardDataset> Datasets { get; init; } = [];

    /// <summary>The strictest terms among the datasets; null if unknown.</summary>
    public string? StrictestDataLicence { get; init; }

    /// <summary>The licence files beside the card, the model's own first.</summary>
    public IReadOnlyList<string> LicenceFiles { get; init; } = [];

    /// <summary>What else is known of the training: files, results, settings.</summary>
    public IReadOnlyList<CardTable> Tables { get; init; } = [];

    public CardPrompt Prompt { get; init; } = CardPrompt.Tulu;

    public ScoreTable Scores { get; init; } = new();

    /// <summary>BibTeX entries.</summary>
    public IReadOnlyList<string> Citations { get; init; } = [];

    /// <summary>What the hub asks people to agree to before they download; null for nothing.</summary>
    public string? GatedPrompt { get; init; }

    /// <summary>What it asks them to fill in: the field's name and <c>text</c> or <c>checkbox</c>.</summary>
    public IReadOnlyList<(string Name, string Type)> GatedFields { get; init; } = [];

    /// <summary>The id without its owner.</summary>
    public string Name => WithoutOwner(Id);

    /// <summary>What a base model's folder may be called: <c>LLaMA 7B</c> becomes <c>llama-7b</c>.</summary>
    internal static string FolderName(string model) => WithoutOwner(model).ToLowerInvariant().Replace(' ', '-');

    private static string WithoutOwner(string id) => id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
