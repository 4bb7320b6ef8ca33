namespace Caravan.Text.Models;

/// <summary>Tokens and their ids, both ways.</summary>
internal sealed class Vocabulary
{
    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    /// <param name="ids">Token → id; ids are below <paramref name="size"/>.</param>
    /// <param name="size">One more than the highest id.</param>
    public Vocabulary(Dictionary<string, int> ids, int size)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new string?[size];
        foreach (var (token, id) in ids)
            _tokens[id] = token;
    }

    public int Size => _tokens.Length;

    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public bool TryFind(ReadOnlySpan<char> token, out int id) => _idsBySpan.TryGetValue(token, out id);

    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;
}
