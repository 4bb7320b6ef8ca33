using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Attention;

/// <summary>
/// Gradients of attention, block by block from recomputed scores (FlashAttention-2, arXiv:2307.08691, algorithm 2).
/// With weights P = exp(S − log Σ), S = scale · Q·Kᵀ: dV = Pᵀ·dO, dS = P ∘ (dO·Vᵀ − rowsum(dO ∘ O)),
/// dQ = scale · dS·K, dK = scale · dSᵀ·Q.
/// </summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class AttentionBackward<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int Block = AttentionShape.Block;

    /// <summary>Where the tensors lie: those of the forward pass, and the gradients.</summary>
    internal sealed class Tensors
    {
        internal required T* Queries { get; init; }
        internal required T* Keys { get; init; }
        internal required T* Values { get; init; }
        internal required T* Outputs { get; init; }
        /// <summary>[2, heads, tokens], as <see cref="AttentionForward{T}"/> leaves them.</summary>
        internal required float* Statistics { get; init; }
        internal required T* OutputGradients { get; init; }
        internal required T* QueryGradients { get; init; }
        internal required T* KeyGradients { get; init; }
        internal required T* ValueGradients { get; init; }
    }

    internal static void Run(Tensors tensors, AttentionShape shape, SequenceBoundaries boundaries, float scale)
    {
        var documents = AttentionShape.LongestFirst(boundaries);
        var heads = shape.KeyValueHeads;
        ThreadTeam.Run(documents.Length * heads, 5 * shape.Work(boundaries), item =>
        {
            var document = documents[item / heads];
            new Document(tensors, shape, scale, boundaries.Start(document), boundaries.Length(document), item % heads)
                .Differentiate();
        });
    }

    // One document's gradients in one head of keys and values.
    private readonly ref struct Document
    {
        private readonly Tensors _tensors;
        private readonly AttentionShape _shape;
        private readonly float _scale;
        private readonly int _start, _length, _head, _dim, _padded, _block;

        // Of the document: [blocks][head_dim][block] for the transposed, [tokens][padded] for the others.
        private readonly float* _keysT, _valuesT, _keys, _keyGradients, _valueGradients;

        // Of a block of queries: [block][padded]; weights and score gradients: [block][block].
        private readonly float* _queries, _outputGradients, _queryGradients, _weights, _scoreGradients;

        // Of a block of queries: [block].
        private readonly float* _max, _logSums, _deltas;

        internal Document(Tensors tensors, AttentionShape shape, float scale, int start, int length, int head)
        {
            (_tensors, _shape, _scale, _start, _length, _head) = (tensors, shape, scale, start, length, head);
            (_dim, _padded, _block) = (shape.HeadDim, shape.PaddedDim, Math.Min(Block, AttentionShape.Pad(length)));
            nint paddedLength = (length + _block - 1) / _block * _block;
            var scratch = Scratch.Open(
                paddedLength * (2 * _dim + 3 * _padded) + _block * (3 * _padded + 2 * _block + 3));
            _keysT = scratch.Take(paddedLength * _dim);
            _valuesT = scratch.Take(paddedLength * _dim);
            _keys = scratch.Take(paddedLength * _padded);
            _keyGradients = scratch.Take(paddedLength * _padded);
            _valueGradients = scratch.Take(paddedLength * _padded);
            _queries = scratch.Take(_block * _padded);
            _outputGradients = scratch.Take(_block * _padded);
            _queryGradients = scratch.Take(_block * _padded);
            _weights = scratch.Take(_block * _block);
            _scoreGradients = scratch.Take(_block * _block);
            _max = scratch.Take(_block);
            _logSums = scratch.Take(_block);
            _deltas = scratch.Take(_block);
            PackKeysAndValues((int)paddedLength);
        }

        internal void Differentiate()
        {
            for (var head = _head * _shape.Group; head < (_head + 1) * _shape.Group; head++)
            {
                for (var first = 0; first < _length; first += _block)
                    DifferentiateBlock(head, first, Math.Min(_block, _length - first));
            }
            var offset = KeyOffset(0);
            Packing<T>.Unpack(
                _keyGradients, _padded, _length, _dim, null, _tensors.KeyGradients + offset, _shape.KeyStride);
            Packing<T>.Unpack(
                _valueGradients, _padded, _length, _dim, null, _tensors.ValueGradients + offset, _shape.KeyStride);
        }

        private nint KeyOffset(int token) => (nint)(_start + token) * _shape.KeyStride + _head * _dim;

        private void PackKeysAndValues(int paddedLength)
        {
            Packing<T>.Rows(_tensors.Keys + KeyOffset(0), _shape.KeyStride, _length, paddedLength, _dim,
                _padded, _keys);
            for (var first = 0; first < _length; first += _block)
            {
                Packing<T>.Transpose(
                    _keys + (nint)first * _padded, _padded, _dim, _block, _keysT + (nint)first * _dim);
                Packing<T>.Rows(_tensors.Values + KeyOffset(first), _shape.KeyStride,
                    Math.Min(_block, _length - first), _block, _dim, _padded, _queries);
                Packing<T>.Transpose(_queries, _padded, _dim, _block, _valuesT + (nint)first * _dim);
            }
            new Span<float>(_keyGradients, paddedLength * _padded).Clear();
            new Span<float>(_valueGradients, paddedLength * _padded).Clear();
        }

        private void DifferentiateBlock(int head, int first, int count)
        {
            var stride = _shape.QueryStride;
            var offset = (nint)(_start + first) * stride + head * _dim;
            var paddedCount = (count + SmallGemm.Rows - 1) & -SmallGemm.Rows;
            // The outputs are needed for the deltas alone; the memory of the query gradients is still free for them.
            Packing<T>.Rows(
                _tensors.OutputGradients + offset, stride, count, paddedCount, _dim, _padded, _outputGradients);
            Packing<T>.Rows(_tensors.Outputs + offset, stride, count, count, _dim, _padded, _queryGradients);
            var statistics = _tensors.Statistics + (nint)head * _shape.Tokens + _start + first;
            for (var row = 0; row < count; row++)
            {
                (_max[row], _logSums[row]) = (statistics[row], statistics[_shape.Statistics + row]);
                _deltas[row] = Dot(_outputGradients + row * _padded, _queryGradients + row * _padded);
            }
            Packing<T>.Rows(_tensors.Queries + offset, stride, count, paddedCount, _dim, _padded, _queries);
            new Span<float>(_queryGradients, _block * _padded).Clear();
            for (var keys = _shape.FirstKey(first) / _block * _block; keys <= first; keys += _block)
            {
                for (var row = 0; row < paddedCount; row += SmallGemm.Rows)
                    QueryTile(row, count, first, keys);
                var keyCount = Math.Min(_block, _length - keys);
                for (var key = 0; key < keyCount; key += SmallGemm.Rows)
                {
                    // The last query that sees one of the four keys, within the block of queries.
                    var last = (long)keys + key + SmallGemm.Rows - 2 + _shape.Window - first;
                    var end = (int)Math.Min(paddedCount, Math.Max(0, last + 1));
                    KeyTile(key, keys == first ? key : 0, end, keys);
                }
            }
            Packing<T>.Unpack(_queryGradients, _padded, count, _dim, null, _tensors.QueryGradients + offset, stride);
        }

        // Weights and score gradients of four queries and the keys of one block, and their share of dQ.
        private void QueryTile(int row, int count, int first, int keys)
        {
            var low = first + row - _shape.Window + 1 - keys;
            if (low >= _block)
                return;
            var seen = keys == first ? Math.Min(row + SmallGemm.Rows, count) : _block;
            var vectors = (seen + Lanes - 1) / Lanes;
            var weights = _weights + row * _block;
            var gradients = _scoreGradients + row * _block;
            SmallGemm.Multiply(_queries + row * _padded, _padded, 1, _keysT + (nint)keys * _dim, _block,
                weights, _block, vectors, _dim, accumulate: false);
            SmallGemm.Multiply(_outputGradients + row * _padded, _padded, 1, _valuesT + (nint)keys * _dim, _block,
                gradients, _block, vectors, _dim, accumulate: false);
            for (var i = 0; i < SmallGemm.Rows; i++)
            {
                var high = row + i >= count ? 0 : keys == first ? row + i + 1 : _block;
                ScoreGradients(row + i, weights + i * _block, gradients + i * _block, low + i, high, vectors);
            }
            SmallGemm.Multiply(gradients, _block, 1, _keys + (nint)keys * _padded, _padded,
                _queryGradients + row * _padded, _padded, _padded / Lanes, seen, accumulate: true);
        }

        // Zero for keys outside of low … high − 1.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void ScoreGradients(int row, float* weights, float* gradients, int low, int high, int vectors)
        {
            var scale = Vector512.Create(_scale);
            var binaryScale = Vector512.Create(_scale * VectorMath.Log2E);
            var (greatest, shift) = (Vector512.Create(_max[row]), Vector512.Create(-_logSums[row]));
            var delta = Vector512.Create(_deltas[row]);
            for (var i = 0; i < vectors; i++)
            {
                var weight = VectorMath.Exp2(
                    Vector512.FusedMultiplyAdd(Vector512.Load(weights + i * Lanes) - greatest, binaryScale, shift));
                var gradient = weight * scale * (Vector512.Load(gradients + i * Lanes) - delta);
                if (low > i * Lanes || high < (i + 1) * Lanes)
                {
                    var keys = Vector512<int>.Indices + Vector512.Create(i * Lanes);
                    var inside = Vector512.LessThan(keys, Vector512.Create(high))
                        & Vector512.GreaterThanOrEqual(keys, Vector512.Create(low));
                    weight = Vector512.ConditionalSelect(inside.AsSingle(), weight, Vector512<float>.Zero);
                    gradient = Vector512.ConditionalSelect(inside.AsSingle(), gradient, Vector512<float>.Zero);
                }
                weight.Store(weights + i * Lanes);
                gradient.Store(gradients + i * Lanes);
            }
        }

        // What the queries from `row` up to `end` add to the gradients of four keys and their values.
        private void KeyTile(int key, int row, int end, int keys)
        {
            if (row >= end)
                return;
            var (at, vectors, depth) = ((nint)(keys + key) * _padded, _padded / Lanes, end - row);
            SmallGemm.Multiply(_weights + row * _block + key, 1, _block, _outputGradients + row * _padded, _padded,
                _valueGradients + at, _padded, vectors, depth, accumulate: true);
            SmallGemm.Multiply(_scoreGradients + row * _block + key, 1, _block, _queries + row * _padded, _padded,
                _keyGradients + at, _padded, vectors, depth, accumulate: true);
        }

        private float Dot(float* a, float* b)
        {
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < _padded; i += Lanes)
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sum);
            return VectorMath.Sum(sum);
        }
    }
}
