namespace Caravan.Checkpoints;

/// <summary>What adding a diff to a base gave that was not written.</summary>
/// <param name="Sum">Of all recovered numbers.</param>
/// <param name="TensorCount">Tensors of the result.</param>
/// <param name="ParameterCount">Numbers in them.</param>
/// <param name="NonFinite">Tensors with NaN or infinite numbers.</param>
/// <param name="HashesCompared">Whether the diff gave hashes, which are those of the result.</param>
public sealed record DiffCheck(
    double Sum, int TensorCount, long ParameterCount, IReadOnlyList<string> NonFinite, bool HashesCompared);
