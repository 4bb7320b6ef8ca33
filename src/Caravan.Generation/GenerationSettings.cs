namespace Caravan.Generation;

/// <summary>How continuations are chosen.</summary>
public sealed record GenerationSettings
{
    /// <summary>Tokens after which a continuation ends by itself.</summary>
    public int MaxNewTokens { get; init; } = 512;

    /// <summary>Divides the logits before sampling; 0 takes the most likely token always (greedy).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Sample among this many most likely tokens; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Sample among the fewest tokens whose probabilities reach this sum; 1: all (arXiv:1904.09751).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Every sequence has a random stream of its own, made from this and its number: results do not depend on
    /// the batch.</summary>
    public long Seed { get; init; }

    /// <summary>Tokens that end a continuation; they are not part of the result.</summary>
    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    /// <summary>Sequences decoded side by side. More is faster and takes more memory.</summary>
    public int BatchSize { get; init; } = 64;
}
