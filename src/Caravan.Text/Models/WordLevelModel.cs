using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Models;

/// <summary>Every word is one token, or unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, int? unknownId) : TokenModel
{
    public override int VocabularySize => vocabulary.Size;

    public override int? TryGetId(string token) => vocabulary.Find(token);

    public override string? GetToken(int id) => vocabulary.TokenOf(id);

    public override void Encode(ReadOnlySpan<char> word, Workspace workspace)
    {
        if ((vocabulary.TryFind(word, out var found) ? found : unknownId) is { } id)
            workspace.Output.Add(id, Encoding.UTF8.GetByteCount(word));
    }
}
