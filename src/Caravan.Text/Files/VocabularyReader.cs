using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Caravan.Files;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads JSON objects of token → id.</summary>
internal static class VocabularyReader
{
    /// <summary>Takes the object that the cursor stands at.</summary>
    /// <param name="key">
    /// The object's key in the file with a dot behind it, for messages; empty for the whole file.
    /// </param>
    /// <exception cref="BadInputException">A token has no proper id, or there is no token.</exception>
    /// <exception cref="JsonException">It is no object.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vocabulary Read(ref JsonCursor cursor, TokenizerFiles files, string file, string key)
    {
        var table = new TokenTable();
        var buffer = new byte[256];
        cursor.Take('{');
        if (cursor.TryTake('}'))
            throw files.Bad(file, $"{key.TrimEnd('.')}: the vocabulary is empty.");
        do
        {
            var token = cursor.TakeString(ref buffer);
            cursor.Take(':');
            if (!cursor.TryTakeInt(out var id) || id > JsonReader.MaxTokenId)
            {
                throw files.Bad(file, $"{key}{Encoding.UTF8.GetString(token)}: expected a token id " +
                    $"(0 to {JsonReader.MaxTokenId}), found {cursor.Excerpt()}.");
            }
            table.Set(token, id);
        }
        while (cursor.TryTake(','));
        cursor.Take('}');
        return table.ToVocabulary();
    }
}
