using System.Runtime.CompilerServices;
using System.Text;

namespace Caravan.Text.Models;

/// <summary>
/// Tokens and their ids, both ways. The tokens lie as UTF-8 in one array, so that a hundred thousand of them are read
/// from a file without a hundred thousand objects; a string is made of one when it is first asked for.
/// </summary>
internal sealed class Vocabulary
{
    private const int LongestOnStack = 256;

    private readonly TokenTable _table;

    // Counted from 1; 0 where no token has the id.
    private readonly int[] _entryOfId;
    private readonly string?[] _strings;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal Vocabulary(TokenTable table, int size)
    {
        _table = table;
        _entryOfId = new int[size];
        for (var entry = 0; entry < table.Count; entry++)
            _entryOfId[table.IdAt(entry)] = entry + 1;
        _strings = new string?[size];
    }

    /// <summary>One more than the highest id.</summary>
    public int Size => _entryOfId.Length;

    public int? Find(string token) => TryFind(token, out var id) ? id : null;

    public bool TryFind(ReadOnlySpan<byte> token, out int id) => _table.TryFind(token, out id);

    /// <summary>An unpaired surrogate in <paramref name="token"/> counts as U+FFFD.</summary>
    public bool TryFind(ReadOnlySpan<char> token, out int id)
    {
        if (token.Length <= LongestOnStack)
        {
            Span<byte> bytes = stackalloc byte[LongestOnStack * 3];
            return _table.TryFind(bytes[..Encoding.UTF8.GetBytes(token, bytes)], out id);
        }
        var longBytes = new byte[Encoding.UTF8.GetByteCount(token)];
        Encoding.UTF8.GetBytes(token, longBytes);
        return _table.TryFind(longBytes, out id);
    }

    /// <summary>The token's UTF-8; empty if no token has this id.</summary>
    public ReadOnlySpan<byte> Utf8Of(int id) =>
        _entryOfId[id] is var entry and not 0 ? _table.TextAt(entry - 1) : [];

    public string? TokenOf(int id)
    {
        if ((uint)id >= (uint)_entryOfId.Length || _entryOfId[id] == 0)
            return null;
        return _strings[id] ??= Encoding.UTF8.GetString(Utf8Of(id));
    }
}
