namespace Caravan.Generation;

/// <summary>Why a continuation ended.</summary>
public enum FinishReason
{
    /// <summary>A stop token came.</summary>
    Stop,

    /// <summary>The allowed number of tokens, or the model's context, was used up.</summary>
    Length,
}

/// <summary>One continuation, without its prompt and without the stop token.</summary>
public sealed record GenerationResult(int[] TokenIds, FinishReason Reason);
