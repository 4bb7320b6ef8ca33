using System.Text.Json;
using Caravan.Files;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>
/// The content of tokenizer.json. Nearly all of it is vocabulary and merges, which are read as they come; a document is
/// made of the rest only.
/// </summary>
internal sealed class TokenizerJson : IDisposable
{
    private readonly TokenizerFiles _files;
    private readonly ReadOnlyMemory<byte> _content;
    private readonly MemoryStream _rest = new();
    private readonly JsonDocument _document;
    private int _copied;

    /// <exception cref="BadInputException">It is no JSON, or a token has no proper id.</exception>
    public TokenizerJson(TokenizerFiles files)
    {
        _files = files;
        _content = files.Utf8(TokenizerFiles.TokenizerJson);
        try
        {
            Scan();
            Cut(_content.Length, _content.Length, ""u8);
            _document = JsonDocument.Parse(_rest.GetBuffer().AsMemory(0, (int)_rest.Length));
        }
        catch (JsonException exception)
        {
            throw files.NoJson(TokenizerFiles.TokenizerJson, exception);
        }
    }

    /// <summary>Everything else; in the place of vocabulary and merges stand an empty object and list.</summary>
    public JsonElement Root => _document.RootElement;

    /// <summary>The model's vocabulary if it is an object of token → id; null if it is anything else.</summary>
    public Vocabulary? Vocabulary { get; private set; }

    /// <summary>The model's merges, not read yet; null if there is no list of that name.</summary>
    public JsonMerges? Merges { get; private set; }

    public void Dispose() => _document.Dispose();

    private void Scan()
    {
        var cursor = new JsonCursor(_content.Span);
        var key = new byte[64];
        if (!cursor.TryTake('{') || cursor.IsAt('}'))
            return;
        do
        {
            var isModel = cursor.TakeString(ref key).SequenceEqual("model"u8);
            cursor.Take(':');
            if (isModel && cursor.IsAt('{'))
                ScanModel(ref cursor, ref key);
            else
                cursor.Skip();
        }
        while (cursor.TryTake(','));
    }

    private void ScanModel(ref JsonCursor cursor, ref byte[] key)
    {
        cursor.Take('{');
        if (cursor.TryTake('}'))
            return;
        do
        {
            var name = cursor.TakeString(ref key);
            var (isVocabulary, isMerges) = (name.SequenceEqual("vocab"u8), name.SequenceEqual("merges"u8));
            cursor.Take(':');
            if (isVocabulary && cursor.IsAt('{'))
            {
                var start = cursor.Position;
                Vocabulary = VocabularyReader.Read(ref cursor, _files, TokenizerFiles.TokenizerJson, "model.vocab.");
                Cut(start, cursor.Position, "{}"u8);
            }
            else if (isMerges && cursor.IsAt('['))
            {
                var start = cursor.Position;
                cursor.Skip();
                Merges = new JsonMerges(_files, _content[start..cursor.Position]);
                Cut(start, cursor.Position, "[]"u8);
            }
            else
            {
                cursor.Skip();
            }
        }
        while (cursor.TryTake(','));
        cursor.Take('}');
    }

    /// <summary>Copies what stands before a value to the rest, and something else in the place of the value.</summary>
    private void Cut(int start, int end, ReadOnlySpan<byte> replacement)
    {
        _rest.Write(_content.Span[_copied..start]);
        _rest.Write(replacement);
        _copied = end;
    }
}
