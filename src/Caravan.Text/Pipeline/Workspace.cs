using Caravan.Text.Models;

namespace Caravan.Text.Pipeline;

/// <summary>
/// Everything that changes while a text is encoded: buffers that are kept from call to call, so that encoding
/// allocates nothing per token. One thread uses a workspace at a time; the tokenizer lends them out.
/// </summary>
internal sealed class Workspace
{
    private LatticeNode[] _lattice = [];

    public TokenOutput Output { get; } = new();

    /// <summary>The text between two added tokens, normalized.</summary>
    public NormalizedText Text { get; } = new();

    /// <summary>A part of it that a pre-tokenizer changes.</summary>
    public NormalizedText Part { get; } = new();

    public WordList Words { get; set; } = new();

    public WordList SplitWords { get; set; } = new();

    public WordCache Cache { get; } = new();

    public MergeBuffer Merge { get; } = new();

    /// <summary>Room for the nodes of a unigram model's search; what was in it before is still there.</summary>
    public Span<LatticeNode> Lattice(int length)
    {
        if (_lattice.Length < length)
            _lattice = new LatticeNode[Math.Max(length, _lattice.Length * 2)];
        return _lattice.AsSpan(0, length);
    }
}
