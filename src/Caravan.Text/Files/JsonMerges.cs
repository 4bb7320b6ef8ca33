using System.Runtime.CompilerServices;
using System.Text.Json;
using Caravan.Files;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>
/// The merges of a tokenizer.json: a list of "left right" strings or of pairs; the order is the rank.
/// </summary>
internal sealed class JsonMerges(TokenizerFiles files, ReadOnlyMemory<byte> list)
{
    private const int MaxMerges = 8_000_000;

    /// <exception cref="BadInputException">
    /// A merge is no pair, or speaks of a token that the vocabulary lacks.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public MergeTable Read(Vocabulary vocabulary, int prefixLength)
    {
        var builder = new MergeTableBuilder(vocabulary, vocabulary.Size, prefixLength);
        var cursor = new JsonCursor(list.Span);
        var (leftBuffer, rightBuffer) = (new byte[256], new byte[256]);
        try
        {
            cursor.Take('[');
            if (cursor.TryTake(']'))
                return builder.Table;
            do
            {
                var problem = builder.Count == MaxMerges
                    ? $"more than the {MaxMerges} that are accepted"
                    : cursor.TryTake('[')
                        ? AddPair(ref cursor, builder, ref leftBuffer, ref rightBuffer)
                        : builder.Add(cursor.TakeString(ref leftBuffer));
                if (problem is not null)
                    throw files.Bad(TokenizerFiles.TokenizerJson, $"model.merges: merge {builder.Count}: {problem}.");
            }
            while (cursor.TryTake(','));
            cursor.Take(']');
            return builder.Table;
        }
        catch (JsonException exception)
        {
            throw files.Bad(TokenizerFiles.TokenizerJson,
                $"model.merges: merge {builder.Count}: {exception.Message}; expected a string " +
                $"\"left right\" or a pair of strings, found {cursor.Excerpt()}.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static string? AddPair(
        ref JsonCursor cursor, MergeTableBuilder builder, ref byte[] leftBuffer, ref byte[] rightBuffer)
    {
        var left = cursor.TakeString(ref leftBuffer);
        cursor.Take(',');
        var problem = builder.Add(left, cursor.TakeString(ref rightBuffer));
        cursor.Take(']');
        return problem;
    }
}
