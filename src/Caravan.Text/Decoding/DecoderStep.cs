namespace Caravan.Text.Decoding;

/// <summary>One step of a decoder in tokenizer.json: a list of tokens in, a list of texts out.</summary>
internal delegate List<string> DecoderStep(List<string> tokens);
