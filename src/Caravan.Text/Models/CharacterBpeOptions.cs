namespace Caravan.Text.Models;

/// <summary>What a tokenizer.json may say about BPE over characters.</summary>
/// <param name="UnknownId">Stands for a character without a token.</param>
/// <param name="FuseUnknown">Whether a run of such characters is one token.</param>
/// <param name="ByteFallback">Whether such a character becomes its UTF-8 bytes instead.</param>
/// <param name="ContinuingPrefix">Put before every symbol that does not begin a word ("##").</param>
/// <param name="EndSuffix">Put behind the symbol that ends a word ("&lt;/w&gt;").</param>
/// <param name="IgnoreMerges">Take a word that is a token as it is, without merging.</param>
internal sealed record CharacterBpeOptions(
    int? UnknownId,
    bool FuseUnknown,
    bool ByteFallback,
    string ContinuingPrefix,
    string EndSuffix,
    bool IgnoreMerges);
