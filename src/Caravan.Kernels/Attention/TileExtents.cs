using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>Extents of attention to the keys of one document in tile registers, forward and backward: whole panels.
/// </summary>
/// <param name="tokens">Keys that are seen.</param>
internal readonly struct TileExtents(AttentionShape shape, int tokens)
{
    private const int Panel = BFloat16Tiles.PanelWidth;

    // Keys, and queries, of the greatest block.
    private const int GreatestBlock = 128;

    internal int Dim { get; } = shape.HeadDim;

    internal int PaddedDim { get; } = Pad(shape.HeadDim);

    /// <summary>Keys with those that fill the last panel up.</summary>
    internal int Keys { get; } = Pad(tokens);

    /// <summary>Queries, and keys, whose scores exist at one time.</summary>
    internal int Block { get; } = Math.Min(GreatestBlock, Pad(tokens));

    /// <summary>Elements of all keys' rows.</summary>
    internal nint OfKeys => (nint)Keys * PaddedDim;

    /// <summary>Elements of a block's rows.</summary>
    internal nint OfBlock => (nint)Block * PaddedDim;

    /// <summary>Scores of a block.</summary>
    internal nint Square => (nint)Block * Block;

    internal static int Pad(int count) => (count + Panel - 1) & -Panel;
}
