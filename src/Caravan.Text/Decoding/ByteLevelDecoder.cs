using Caravan.Text.Models;

namespace Caravan.Text.Decoding;

/// <summary>Reads tokens in <see cref="ByteLevelAlphabet"/> as the bytes of UTF-8 text.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override DecodingRun Start() => new Run();

    private sealed class Run : DecodingRun
    {
        private readonly Utf8Assembler _text = new();

        public override string Append(string token, bool isAdded) => _text.Append(ByteLevelAlphabet.BytesOf(token));

        public override string Flush() => _text.Flush();
    }
}
