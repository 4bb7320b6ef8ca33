using Caravan.Text.Models;

namespace Caravan.Text.Pipeline;

/// <summary>
/// Everything that changes while a text is encoded: buffers that are kept from call to call, so that encoding
/// allocates nothing per token. One thread uses a workspace at a time; the tokenizer lends them out.
/// </summary>
internal sealed class Workspace
{
    public TokenOutput Output { get; } = new();

    public NormalizedText Text { get; } = new();

    public WordList Words { get; set; } = new();

    public WordList SplitWords { get; set; } = new();

    public WordCache Cache { get; } = new();

    public MergeBuffer Merge { get; } = new();
}
