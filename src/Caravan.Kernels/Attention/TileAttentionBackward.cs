using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>
/// <see cref="AttentionBackward{T}"/> for bf16 in the processor's tile registers. Blocks are transposed,
/// [keys][queries]: Sᵀ = K·Qᵀ, dPᵀ = V·dOᵀ, dV = Pᵀ·dO, dK = dSᵀ·Q, dQᵀ = Kᵀ·dSᵀ. Weights and the scores' gradients
/// are rounded to bf16, as on GPUs; sums are fp32.
/// </summary>
internal static unsafe class TileAttentionBackward
{
    private const int Lanes = 16;

    internal static void Run(
        AttentionBackward<BFloat16Element>.Tensors tensors, AttentionShape shape, SequenceBoundaries boundaries,
        float scale)
    {
        var documents = AttentionShape.LongestFirst(boundaries);
        var heads = shape.KeyValueHeads;
        ThreadTeam.Run(documents.Length * heads, 3 * shape.Work(boundaries), item =>
        {
            var document = documents[item / heads];
            new Document(tensors, shape, scale, boundaries.Start(document), boundaries.Length(document), item % heads)
                .Differentiate();
        });
    }

    // One document's gradients in one head of keys and values.
    private readonly ref struct Document
    {
        private readonly AttentionBackward<BFloat16Element>.Tensors _tensors;
        private readonly AttentionShape _shape;
        private readonly float _scale;
        private readonly int _start, _length, _head, _dim, _paddedDim, _padded, _block;

        // Of the document: panels of keys, of values, and of the keys' columns; gradients [keys][head_dim].
        private readonly ushort* _keys, _values, _keysT;
        private readonly float* _keyGradients, _valueGradients;

        // Of a block of queries, right panels: rows of queries and output gradients for the products over head_dim,
        // columns of both for those over queries.
        private readonly ushort* _queryRows, _gradientRows, _queryColumns, _gradientColumns;

        // Of a block of both, [keys][queries]: scores and weights' gradients, weights and scores' gradients in bf16,
        // the latter as panels too.
        private readonly float* _scores, _weightGradients;
        private readonly ushort* _weights, _scoreGradients, _scorePanels;

        // queryGradientsT: [head_dim][block]; the others: [block].
        private readonly float* _queryGradientsT, _max, _logSums, _deltas;

        internal Document(
            AttentionBackward<BFloat16Element>.Tensors tensors, AttentionShape shape, float scale, int start,
            int length, int head)
        {
            (_tensors, _shape, _scale, _start, _length, _head) = (tensors, shape, scale, start, length, head);
            var extents = new TileExtents(shape, length);
            (_dim, _paddedDim, _padded, _block) = (extents.Dim, extents.PaddedDim, extents.Keys, extents.Block);
            var (ofDocument, ofBlock, square) = (extents.OfKeys, extents.OfBlock, extents.Square);
            // 3 × ½ + 2 of a document; 4 × ½ + 1 of a block; 2 + 3 × ½ of a square.
            var scratch = Scratch.Open(ofDocument * 7 / 2 + ofBlock * 3 + square * 7 / 2 + 3 * _block);
            _keys = (ushort*)scratch.Take(ofDocument / 2);
            _values = (ushort*)scratch.Take(ofDocument / 2);
            _keysT = (ushort*)scratch.Take(ofDocument / 2);
            _keyGradients = scratch.Take(ofDocument);
            _valueGradients = scratch.Take(ofDocument);
            _queryRows = (ushort*)scratch.Take(ofBlock / 2);
            _gradientRows = (ushort*)scratch.Take(ofBlock / 2);
            _queryColumns = (ushort*)scratch.Take(ofBlock / 2);
            _gradientColumns = (ushort*)scratch.Take(ofBlock / 2);
            _scores = scratch.Take(square);
            _weightGradients = scratch.Take(square);
            _weights = (ushort*)scratch.Take(square / 2);
            _scoreGradients = (ushort*)scratch.Take(square / 2);
            _scorePanels = (ushort*)scratch.Take(square / 2);
            _queryGradientsT = scratch.Take(ofBlock);
            _max = scratch.Take(_block);
            _logSums = scratch.Take(_block);
            _deltas = scratch.Take(_block);
            var keys = _tensors.Keys + KeyOffset;
            var values = _tensors.Values + KeyOffset;
            TileScores.PackRows(keys, shape.KeyStride, length, _dim, isRight: false, _keys);
            TileScores.PackRows(values, shape.KeyStride, length, _dim, isRight: false, _values);
            TileScores.PackColumns(keys, shape.KeyStride, length, _dim, isRight: false, _keysT);
            new Span<float>(_keyGradients, (int)ofDocument).Clear();
            new Span<float>(_valueGradients, (int)ofDocument).Clear();
        }

        private nint KeyOffset => (nint)_start * _shape.KeyStride + _head * _dim;

        internal void Differentiate()
        {
            for (var head = _head * _shape.Group; head < (_head + 1) * _shape.Group; head++)
            {
                for (var first = 0; first < _length; first += _block)
                    DifferentiateBlock(head, first, Math.Min(_block, _length - first));
            }
            Packing<BFloat16Element>.Unpack(_keyGradients, _paddedDim, _length, _dim, null,
                _tensors.KeyGradients + KeyOffset, _shape.KeyStride);
            Packing<BFloat16Element>.Unpack(_valueGradients, _paddedDim, _length, _dim, null,
                _tensors.ValueGradients + KeyOffset, _shape.KeyStride);
        }

        private void DifferentiateBlock(int head, int first, int count)
        {
            var stride = _shape.QueryStride;
            var offset = (nint)(_start + first) * stride + head * _dim;
            var queries = _tensors.Queries + offset;
            var gradients = _tensors.OutputGradients + offset;
            TileScores.PackRows(queries, stride, count, _dim, isRight: true, _queryRows);
            TileScores.PackRows(gradients, stride, count, _dim, isRight: true, _gradientRows);
            TileScores.PackColumns(queries, stride, count, _dim, isRight: true, _queryColumns);
            TileScores.PackColumns(gradients, stride, count, _dim, isRight: true, _gradientColumns);
            var columns = TileExtents.Pad(count);
            Statistics(head, first, count, columns);
            var firstKeys = _shape.FirstKey(first) / _block * _block;
            for (var keys = firstKeys; keys < first + count; keys += _block)
                DifferentiateKeys(first, keys, Math.Min(_block, _padded - keys), columns, isFirst: keys == firstKeys);
            Packing<BFloat16Element>.UnpackColumns(
                _queryGradientsT, _block, count, _dim, null, _tensors.QueryGradients + offset, stride);
        }

        // The greatest scores, the logarithms of the weights' sums, and rowsum(dO ∘ O); zeros for queries that are not
        // there.
        private void Statistics(int head, int first, int count, int columns)
        {
            var stride = _shape.QueryStride;
            var offset = (nint)(_start + first) * stride + head * _dim;
            var statistics = _tensors.Statistics + (nint)head * _shape.Tokens + _start + first;
            new ReadOnlySpan<float>(statistics, count).CopyTo(new Span<float>(_max, count));
            new ReadOnlySpan<float>(statistics + _shape.Statistics, count).CopyTo(new Span<float>(_logSums, count));
            new Span<float>(_max + count, columns - count).Clear();
            new Span<float>(_logSums + count, columns - count).Clear();
            new Span<float>(_deltas + count, columns - count).Clear();
            for (var row = 0; row < count; row++, offset += stride)
            {
                var (sums, i, sum) = (Vector512<float>.Zero, 0, 0f);
                for (; i <= _dim - Lanes; i += Lanes)
                {
                    sums = Vector512.FusedMultiplyAdd(BFloat16Element.Load(_tensors.OutputGradients + offset + i),
                        BFloat16Element.Load(_tensors.Outputs + offset + i), sums);
                }
                for (; i < _dim; i++)
                {
                    sum += BFloat16Element.Read(_tensors.OutputGradients + offset + i)
                        * BFloat16Element.Read(_tensors.Outputs + offset + i);
                }
                _deltas[row] = sum + VectorMath.Sum(sums);
            }
        }

        private void DifferentiateKeys(int first, int keys, int rows, int columns, bool isFirst)
        {
            // Of a block of queries and their own keys, one half is seen.
            var isDiagonal = keys == first;
            var ofScores = isDiagonal ? BFloat16Tiles.Part.UpperTriangle : BFloat16Tiles.Part.Whole;
            var overQueries = isDiagonal ? BFloat16Tiles.Part.FromRow : BFloat16Tiles.Part.Whole;
            var overKeys = isDiagonal ? BFloat16Tiles.Part.UpToColumn : BFloat16Tiles.Part.Whole;
            var ofDim = BFloat16Tiles.PanelElements(_dim);
            var ofQueries = BFloat16Tiles.PanelElements(columns);
            var at = (nint)keys * _paddedDim;
            long row = sizeof(ushort) * _block;
            TileScores.Multiply(
                new(_keys + at, ofDim), new(_queryRows, ofDim), _scores, _block, rows, columns, _dim, false, ofScores);
            TileScores.Multiply(
                new(_values + at, ofDim), new(_gradientRows, ofDim), _weightGradients, _block, rows, columns, _dim,
                false, ofScores);
            for (var vector = 0; vector < columns / Lanes; vector++)
            {
                ScoreGradients(vector, first + vector * Lanes - keys, rows,
                    isDiagonal ? TileScores.EndOfTriangle(vector) : rows);
            }
            TileScores.Multiply(
                new(_weights, 0, row), new(_gradientColumns, ofQueries), _valueGradients + at, _paddedDim, rows,
                _paddedDim, columns, true, overQueries);
            TileScores.Multiply(
                new(_scoreGradients, 0, row), new(_queryColumns, ofQueries), _keyGradients + at, _paddedDim, rows,
                _paddedDim, columns, true, overQueries);
            TileScores.Multiply(
                new(_keysT + (nint)keys * TileScores.Panel, (long)_padded * TileScores.Panel),
                new(_scorePanels, (long)rows * TileScores.Panel), _queryGradientsT, _block, _paddedDim, columns, rows,
                !isFirst, overKeys);
        }

        // Weights of 16 queries and their scores' gradients, of the keys up to `end`; those behind are not read.
        private void ScoreGradients(int vector, int distance, int rows, int end)
        {
            var seen = new TileScores.VisibleKeys(distance, _shape.Window, rows);
            for (var key = 0; key < seen.From; key += 2)
                StoreZeros(key, vector, rows);
            ScoreGradients(vector, distance, rows, seen.From, seen.AllFrom, areAllVisible: false);
            ScoreGradients(vector, distance, rows, seen.AllFrom, seen.AllTo, areAllVisible: true);
            ScoreGradients(vector, distance, rows, seen.AllTo, seen.To, areAllVisible: false);
            for (var key = seen.To; key < end; key += 2)
                StoreZeros(key, vector, rows);
        }

        private void ScoreGradients(int vector, int distance, int rows, int from, int to, bool areAllVisible)
        {
            int stride = _block, column = vector * Lanes, window = _shape.Window;
            var scale = Vector512.Create(_scale);
            var binaryScale = Vector512.Create(_scale * VectorMath.Log2E);
            var (greatest, shift) = (Vector512.Load(_max + column), -Vector512.Load(_logSums + column));
            var delta = Vector512.Load(_deltas + column);
            var pair = stackalloc Vector512<float>[2];
            for (var key = from; key < to; key += 2)
            {
                for (var i = 0; i < 2; i++)
                {
                    var at = (key + i) * stride + column;
                    var weight = VectorMath.Exp2(
                        Vector512.FusedMultiplyAdd(Vector512.Load(_scores + at) - greatest, binaryScale, shift));
                    if (!areAllVisible)
                    {
                        weight = Vector512.ConditionalSelect(
                            TileScores.Visible(distance - key - i, window), weight, Vector512<float>.Zero);
                    }
                    pair[i] = weight * scale * (Vector512.Load(_weightGradients + at) - delta);
                    TileScores.Store(_weights + at, weight);
                    TileScores.Store(_scoreGradients + at, pair[i]);
                }
                TileScores.StorePair(_scorePanels + TileScores.PairOffset(key, vector, rows), pair[0], pair[1]);
            }
        }

        private void StoreZeros(int key, int vector, int rows)
        {
            for (var at = key * _block + vector * Lanes; at < (key + 2) * _block; at += _block)
            {
                TileScores.Store(_weights + at, default);
                TileScores.Store(_scoreGradients + at, default);
            }
            TileScores.StorePair(_scorePanels + TileScores.PairOffset(key, vector, rows), default, default);
        }
    }
}
