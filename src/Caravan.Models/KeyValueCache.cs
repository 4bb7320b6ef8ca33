using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>
/// Keys and values of the tokens that a model has seen, by layer and sequence, so that each token is computed once.
/// Per layer two tensors [sequences, kv_heads, capacity, head_dim]. Bytes: 2 · layers · sequences · kv_heads ·
/// capacity · head_dim · element size.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys, _values;
    private readonly List<int> _lengths;

    /// <param name="sequences">How many sequences are decoded side by side.</param>
    /// <param name="capacity">Tokens that each sequence may reach.</param>
    public KeyValueCache(
        int layers, int sequences, int keyValueHeads, int capacity, int headDim, Dtype dtype, Device device)
    {
        long[] shape = [sequences, keyValueHeads, capacity, headDim];
        _keys = [.. Enumerable.Range(0, layers).Select(_ => Tensor.zeros(shape, dtype, device).Owned())];
        _values = [.. Enumerable.Range(0, layers).Select(_ => Tensor.zeros(shape, dtype, device).Owned())];
        _lengths = [.. new int[sequences]];
        Capacity = capacity;
    }

    /// <summary>Tokens that each sequence may reach.</summary>
    public int Capacity { get; }

    /// <summary>Tokens that each sequence holds.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary>Whether the only sequence is a beginning that every document of a forward pass continues for itself.
    /// What follows it is not kept.</summary>
    public bool IsShared { get; set; }

    /// <summary>Appends the new tokens' keys and values to a layer and attends from the new tokens to all tokens of
    /// their sequence.</summary>
    /// <param name="queries">[tokens, heads, head_dim].</param>
    /// <param name="keys">[tokens, kv_heads, head_dim].</param>
    /// <param name="values">[tokens, kv_heads, head_dim].</param>
    /// <param name="boundaries">Document i continues sequence i.</param>
    /// <param name="window">Tokens that a query sees, itself included; null for all before it. The cache keeps
    /// all.</param>
    /// <returns>[tokens, heads, head_dim].</returns>
    public Tensor Attend(
        int layer, Tensor queries, Tensor keys, Tensor values, SequenceBoundaries boundaries, double scale,
        int? window = null)
    {
        if (IsShared)
            return AttendBehindPrefix(layer, queries, keys, values, boundaries, scale, window);
        Append(_keys[layer], keys, boundaries);
        Append(_values[layer], values, boundaries);
        if (_lengths.TrueForAll(length => length == 0))
            return CausalAttention.Forward(queries, keys, values, boundaries, scale, window);
        if (boundaries.MaxLength == 1 && boundaries.Tokens == boundaries.Count)
        {
            return CausalAttention.Decode(
                queries, Active(_keys[layer]), Active(_values[layer]), [.. _lengths.Select(length => length + 1)],
                scale, window);
        }
        var outputs = new Tensor[boundaries.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            var end = _lengths[i] + boundaries.Length(i);
            outputs[i] = CausalAttention.Attend(
                queries.narrow(0, boundaries.Start(i), boundaries.Length(i)),
                Sequence(_keys[layer], i, 0, end), Sequence(_values[layer], i, 0, end), scale, window);
        }
        return Tensor.cat(outputs);
    }

    /// <summary>Counts the tokens of a forward pass; called once all layers have attended.</summary>
    public void Advance(SequenceBoundaries boundaries)
    {
        for (var i = 0; i < _lengths.Count && !IsShared; i++)
            _lengths[i] += boundaries.Length(i);
    }

    /// <summary>Tokens before a document of the next forward pass.</summary>
    internal int LengthBefore(int document) => _lengths[IsShared ? 0 : document];

    /// <summary>Gives up a sequence. The last one moves into its place, which costs a copy of one sequence.</summary>
    public void Remove(int sequence)
    {
        var last = _lengths.Count - 1;
        if (sequence != last)
        {
            using var scope = new TensorScope();
            foreach (var tensor in _keys.Concat(_values))
                Sequence(tensor, sequence, 0, _lengths[last]).copy_(Sequence(tensor, last, 0, _lengths[last]));
            _lengths[sequence] = _lengths[last];
        }
        _lengths.RemoveAt(last);
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
            tensor.Dispose();
    }

    private Tensor AttendBehindPrefix(
        int layer, Tensor queries, Tensor keys, Tensor values, SequenceBoundaries boundaries, double scale, int? window)
    {
        var (prefixKeys, prefixValues) =
            (Sequence(_keys[layer], 0, 0, _lengths[0]), Sequence(_values[layer], 0, 0, _lengths[0]));
        var outputs = new Tensor[boundaries.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            var (start, length) = (boundaries.Start(i), boundaries.Length(i));
            outputs[i] = CausalAttention.Attend(
                queries.narrow(0, start, length), Tensor.cat([prefixKeys, keys.narrow(0, start, length)]),
                Tensor.cat([prefixValues, values.narrow(0, start, length)]), scale, window);
        }
        return Tensor.cat(outputs);
    }

    private void Append(Tensor cache, Tensor tokens, SequenceBoundaries boundaries)
    {
        for (var i = 0; i < boundaries.Count; i++)
        {
            var (start, length) = (boundaries.Start(i), boundaries.Length(i));
            if (_lengths[i] + length > Capacity)
                throw new InvalidOperationException($"sequence {i} outgrows the cache's {Capacity} tokens");
            Sequence(cache, i, _lengths[i], length).copy_(tokens.narrow(0, start, length));
        }
    }

    // [sequences, kv_heads, capacity, head_dim]
    private Tensor Active(Tensor cache) => cache.narrow(0, 0, _lengths.Count);

    // [length, kv_heads, head_dim]
    private static Tensor Sequence(Tensor cache, int sequence, int start, int length) =>
        cache.select(0, sequence).narrow(1, start, length).transpose(0, 1);
}
