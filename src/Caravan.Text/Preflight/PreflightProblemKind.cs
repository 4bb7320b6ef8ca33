namespace Caravan.Text;

/// <summary>What is wrong with a training record.</summary>
public enum PreflightProblemKind
{
    /// <summary>The template cannot render the conversation.</summary>
    NotRendered,

    /// <summary>No token carries loss.</summary>
    NoLossTokens,

    /// <summary>
    /// An answer does not end in a token that a generator could stop at, so the model never learns to stop.
    /// </summary>
    EndOfTurnNotTrained,

    /// <summary>The beginning-of-sequence token stands there twice.</summary>
    BeginningRepeated,

    /// <summary>The tokenizer begins other texts with a beginning-of-sequence token, but not this one.</summary>
    BeginningMissing,

    /// <summary>The prompt that a generator would see is not how the training example begins.</summary>
    GenerationDiffers,
}
