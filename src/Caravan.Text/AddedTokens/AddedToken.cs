namespace Caravan.Text.AddedTokens;

/// <summary>A token that is found in the text as a whole, before the model sees what is between such tokens.</summary>
/// <param name="IsSpecial">Left out by decoding on request.</param>
/// <param name="SingleWord">Not found inside a word.</param>
/// <param name="StripsLeft">Swallows the whitespace before it.</param>
/// <param name="StripsRight">Swallows the whitespace behind it.</param>
/// <param name="IsNormalized">Searched for in the normalized text rather than in the original.</param>
internal sealed record AddedToken(
    int Id,
    string Content,
    bool IsSpecial,
    bool SingleWord = false,
    bool StripsLeft = false,
    bool StripsRight = false,
    bool IsNormalized = false);
