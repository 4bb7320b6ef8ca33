using System.Collections.Concurrent;
using System.Text;
using Caravan.Text.AddedTokens;
using Caravan.Text.Files;
using Caravan.Text.Pipeline;

namespace Caravan.Text;

/// <summary>
/// Text to token ids and back, exactly as the model that these files belong to was trained. Immutable; any number of
/// threads may use one at the same time. Special tokens found inside the text become their id.
/// </summary>
public sealed partial class Tokenizer
{
    private readonly TokenizerFiles _files;
    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher? _rawMatcher;
    private readonly AddedTokenMatcher? _normalizedMatcher;
    private readonly Dictionary<int, AddedToken> _addedById;
    private readonly ConcurrentBag<Workspace> _workspaces = [];

    internal Tokenizer(TokenizerFiles files, TokenizerParts parts, SpecialTokens special, TokenizerConfig config)
    {
        _files = files;
        _parts = parts;
        _addedById = [];
        VocabularySize = parts.Model.VocabularySize;
        foreach (var token in parts.AddedTokens)
        {
            _addedById.TryAdd(token.Id, token);
            VocabularySize = Math.Max(VocabularySize, token.Id + 1);
        }
        _rawMatcher = AddedTokenMatcher.For(parts.AddedTokens, normalized: false);
        _normalizedMatcher = AddedTokenMatcher.For(parts.AddedTokens, normalized: true);
        (BosToken, EosToken, PadToken, UnknownToken) = (special.Bos, special.Eos, special.Pad, special.Unknown);
        BosTokenId = IdOf(special.Bos);
        EosTokenId = IdOf(special.Eos);
        PadTokenId = IdOf(special.Pad);
        UnknownTokenId = IdOf(special.Unknown);
        ModelMaxLength = config.ModelMaxLength;
        ChatTemplateSource = config.ChatTemplate;
    }

    /// <summary>Number of ids; they run from 0 to one less than this, added tokens included.</summary>
    public int VocabularySize { get; }

    public string? BosToken { get; }

    public string? EosToken { get; }

    public string? PadToken { get; }

    public string? UnknownToken { get; }

    public int? BosTokenId { get; }

    public int? EosTokenId { get; }

    public int? PadTokenId { get; }

    public int? UnknownTokenId { get; }

    /// <summary>The longest input the files speak of, or null if they set no limit.</summary>
    public int? ModelMaxLength { get; }

    /// <summary>The Jinja chat template in the files, or null.</summary>
    public string? ChatTemplateSource { get; }

    /// <summary>
    /// The SHA-256 of the files that decide what <see cref="Encode"/> gives, chat templates left out.
    /// </summary>
    public string Fingerprint => _files.Fingerprint;

    /// <summary>The id of a token written as the vocabulary writes it, or null.</summary>
    public int? IdOf(string? token)
    {
        if (token is null)
            return null;
        return _parts.AddedTokens.FirstOrDefault(added => added.Content == token)?.Id ?? _parts.Model.TryGetId(token);
    }

    /// <summary>The token as the vocabulary writes it (for example <c>Ġthe</c> or <c>▁the</c>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string TokenOf(int id)
    {
        if (_addedById.TryGetValue(id, out var added))
            return added.Content;
        if (_parts.Model.GetToken(id) is { } token)
            return token;
        if ((uint)id < (uint)VocabularySize)
            return "";
        throw new ArgumentOutOfRangeException(
            nameof(id), id, $"{_files.Origin}: the vocabulary has no id {id}; ids run from 0 to {VocabularySize - 1}.");
    }

    /// <summary>Whether decoding leaves this id out when special tokens are skipped.</summary>
    public bool IsSpecial(int id) => _addedById.TryGetValue(id, out var added) && added.IsSpecial;

    /// <summary>Whether the id was added to the vocabulary that the tokenizer was trained with.</summary>
    public bool IsAdded(int id) => _addedById.ContainsKey(id);

    /// <summary>The ids of <paramref name="text"/>. An unpaired surrogate is read as U+FFFD.</summary>
    /// <param name="text">Any text; special tokens inside it become their id.</param>
    /// <param name="addSpecialTokens">
    /// Whether to add what the files put around a sequence (for LLaMA a BOS in front).
    /// </param>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        var workspace = Rent();
        Run(text, addSpecialTokens, workspace, withOffsets: false);
        var ids = workspace.Output.Ids.ToArray();
        _workspaces.Add(workspace);
        return ids;
    }

    /// <summary>The ids of many texts, in their order, on all cores.</summary>
    public int[][] EncodeBatch(
        IReadOnlyList<string> texts, bool addSpecialTokens = true, CancellationToken cancellationToken = default)
    {
        var ids = new int[texts.Count][];
        Parallel.For(
            0,
            texts.Count,
            new ParallelOptions { CancellationToken = cancellationToken },
            i => ids[i] = Encode(texts[i], addSpecialTokens));
        return ids;
    }

    /// <summary>The same ids as <see cref="Encode"/>, with the range of the text that each covers.</summary>
    public EncodedText EncodeWithOffsets(string text, bool addSpecialTokens = true)
    {
        var workspace = Rent();
        Run(text, addSpecialTokens, workspace, withOffsets: true);
        var encoded = new EncodedText(workspace.Output.Ids.ToArray(), workspace.Output.Offsets.ToArray());
        _workspaces.Add(workspace);
        return encoded;
    }

    /// <summary>The text of the ids; bytes that are no valid UTF-8 come out as U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary lacks one of the ids.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var decoder = new StreamingDecoder(this, _parts.Decoder.Start(), skipSpecialTokens);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Append(id));
        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>A decoder for ids that arrive one by one; special tokens are left out.</summary>
    public StreamingDecoder CreateStreamingDecoder() => CreateStreamingDecoder([]);

    /// <summary>
    /// A decoder for what follows <paramref name="context"/> (a prompt's ids): what it gives, put behind the decoded
    /// context, is the whole text, leading spaces included.
    /// </summary>
    public StreamingDecoder CreateStreamingDecoder(ReadOnlySpan<int> context, bool skipSpecialTokens = true)
    {
        var decoder = new StreamingDecoder(this, _parts.Decoder.Start(), skipSpecialTokens);
        foreach (var id in context)
            decoder.Append(id);
        return decoder;
    }

    private Workspace Rent() => _workspaces.TryTake(out var workspace) ? workspace : new Workspace();
}
