using System.Text;
using Caravan.Text.Decoding;

namespace Caravan.Text;

/// <summary>
/// Decodes a growing list of ids. The strings it gives, put together, are what
/// <see cref="Tokenizer.Decode(ReadOnlySpan{int}, bool)"/> gives for the whole list; a character whose bytes are
/// spread over several tokens appears with the last of them. Not thread-safe.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly DecodingRun _run;
    private readonly bool _skipSpecialTokens;

    internal StreamingDecoder(Tokenizer tokenizer, DecodingRun run, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _run = run;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>
    /// Takes the next id and gives the text that is certain now; often empty, never half a character.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string Append(int id)
    {
        if (_skipSpecialTokens && _tokenizer.IsSpecial(id))
        {
            _run.SkipSpecial();
            return "";
        }
        return _run.Append(_tokenizer.TokenOf(id), _tokenizer.IsAdded(id));
    }

    /// <summary>The text of these ids, taken one after the other.</summary>
    public string Append(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(Append(id));
        return text.ToString();
    }

    /// <summary>Ends the text: bytes of an unfinished character come out as U+FFFD.</summary>
    public string Flush() => _run.Flush();
}
