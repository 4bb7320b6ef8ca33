using Caravan.Text.AddedTokens;
using Caravan.Text.Decoding;
using Caravan.Text.Models;
using Caravan.Text.Normalization;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.Pipeline;

/// <summary>The stages of a tokenizer, as its files define them.</summary>
internal sealed record TokenizerParts(
    Normalizer? Normalizer,
    PreTokenizer? PreTokenizer,
    TokenModel Model,
    IReadOnlyList<AddedToken> AddedTokens,
    SequenceTemplate Template,
    TokenDecoder Decoder);
