namespace Caravan.Checkpoints;

/// <summary>The layout that a model expects its questions in.</summary>
public enum CardPrompt
{
    /// <summary>Not described.</summary>
    None,

    /// <summary>Tülu's markers of roles.</summary>
    Tulu,

    /// <summary>OpenAlpaca's headings, as its description has them.</summary>
    OpenAlpaca,
}
