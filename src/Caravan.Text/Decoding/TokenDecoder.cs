namespace Caravan.Text.Decoding;

/// <summary>Turns tokens back into text. Immutable and shared by all threads.</summary>
internal abstract class TokenDecoder
{
    /// <summary>Begins a decoding; its tokens are handed over one by one.</summary>
    public abstract DecodingRun Start();
}
