using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Attention;

/// <summary>
/// <see cref="AttentionForward{T}"/> for bf16 in the processor's tile registers: Sᵀ = K·Qᵀ and Oᵀ = Vᵀ·Pᵀ, block by
/// block with a running softmax. Weights are rounded to bf16, as on GPUs; sums are fp32.
/// </summary>
internal static unsafe class TileAttentionForward
{
    private const int Lanes = 16;

    // Queries of one work item. The keys are packed anew for each, which costs little against so many queries.
    private const int Segment = 512;

    /// <inheritdoc cref="AttentionForward{T}.Run"/>
    internal static void Run(
        BFloat16Element* queries, BFloat16Element* keys, BFloat16Element* values, BFloat16Element* outputs,
        float* statistics, AttentionShape shape, SequenceBoundaries boundaries, float scale, int firstQuery = 0)
    {
        var items = new List<(int Document, int First)>();
        foreach (var document in AttentionShape.LongestFirst(boundaries))
        {
            for (var first = firstQuery; first < boundaries.Length(document); first += Segment)
                items.Add((document, first));
        }
        var heads = shape.KeyValueHeads;
        ThreadTeam.Run(items.Count * heads, shape.Work(boundaries), item =>
        {
            var (document, first) = items[item / heads];
            var end = Math.Min(boundaries.Length(document), first + Segment);
            var (start, head) = (boundaries.Start(document), item % heads);
            var query = (nint)start * shape.QueryStride + head * shape.Group * shape.HeadDim;
            var key = (nint)start * shape.KeyStride + head * shape.HeadDim;
            new Document(
                queries + query, keys + key, values + key, outputs + query,
                statistics is null ? null : statistics + (nint)head * shape.Group * shape.Tokens + start,
                shape, scale * VectorMath.Log2E, first, end).Attend();
        });
    }

    // The attention of one segment of a document's queries in one head of keys and values.
    private readonly ref struct Document
    {
        private readonly BFloat16Element* _queries, _outputs;
        private readonly float* _statistics;
        private readonly AttentionShape _shape;
        private readonly float _scale;
        private readonly int _first, _end, _base, _keyCount, _dim, _paddedDim, _block;

        // Of the keys from _base to _end: panels of keys, and of the values' columns.
        private readonly ushort* _keys, _valuesT;

        // Of a block: panels of queries; scores [keys][queries]; weights as panels.
        private readonly ushort* _queryPanels, _weights;
        private readonly float* _scores;

        // outputT: [head_dim][block]; max, sum: [block].
        private readonly float* _outputT, _max, _sum;

        internal Document(
            BFloat16Element* queries, BFloat16Element* keys, BFloat16Element* values, BFloat16Element* outputs,
            float* statistics, AttentionShape shape, float scale, int first, int end)
        {
            _queries = queries;
            _outputs = outputs;
            _statistics = statistics;
            (_shape, _scale) = (shape, scale);
            (_first, _end, _base) = (first, end, shape.FirstKey(first) & -TileScores.Panel);
            var extents = new TileExtents(shape, end - _base);
            (_dim, _paddedDim, _keyCount, _block) = (extents.Dim, extents.PaddedDim, extents.Keys, extents.Block);
            var (keyElements, blockElements, square) = (extents.OfKeys, extents.OfBlock, extents.Square);
            // 2 × ½ of the keys; ½ + 1 of a block; ½ + 1 of a square.
            var scratch = Scratch.Open(keyElements + blockElements * 3 / 2 + square * 3 / 2 + 2 * _block);
            _keys = (ushort*)scratch.Take(keyElements / 2);
            _valuesT = (ushort*)scratch.Take(keyElements / 2);
            _queryPanels = (ushort*)scratch.Take(blockElements / 2);
            _weights = (ushort*)scratch.Take(square / 2);
            _scores = scratch.Take(square);
            _outputT = scratch.Take(blockElements);
            _max = scratch.Take(_block);
            _sum = scratch.Take(_block);
            TileScores.PackRows(
                keys + (nint)_base * shape.KeyStride, shape.KeyStride, end - _base, _dim, isRight: false, _keys);
            TileScores.PackColumns(
                values + (nint)_base * shape.KeyStride, shape.KeyStride, end - _base, _dim, isRight: false, _valuesT);
        }

        // All query heads that share the keys.
        internal void Attend()
        {
            for (var head = 0; head < _shape.Group; head++)
            {
                for (var first = _first; first < _end; first += _block)
                    AttendBlock(head, first, Math.Min(_block, _end - first));
            }
        }

        private void AttendBlock(int head, int first, int count)
        {
            var offset = (nint)first * _shape.QueryStride + head * _dim;
            TileScores.PackRows(
                _queries + offset, _shape.QueryStride, count, _dim, isRight: true, _queryPanels);
            new Span<float>(_max, _block).Fill(float.NegativeInfinity);
            new Span<float>(_sum, _block).Clear();
            var columns = TileExtents.Pad(count);
            var firstKeys = (_shape.FirstKey(first) - _base) / _block * _block;
            for (var keys = firstKeys; _base + keys < first + count; keys += _block)
            {
                var rows = Math.Min(_block, TileExtents.Pad(Math.Min(_keyCount, first + count - _base) - keys));
                // Of a block of queries and their own keys, one half is seen.
                var isDiagonal = _base + keys == first;
                TileScores.Multiply(
                    new(_keys + (nint)keys * _paddedDim, BFloat16Tiles.PanelElements(_dim)),
                    new(_queryPanels, BFloat16Tiles.PanelElements(_dim)),
                    _scores, _block, rows, columns, _dim, accumulate: false,
                    isDiagonal ? BFloat16Tiles.Part.UpperTriangle : BFloat16Tiles.Part.Whole);
                for (var vector = 0; vector < columns / Lanes; vector++)
                {
                    UpdateSoftmax(vector, first + vector * Lanes - _base - keys, rows,
                        isDiagonal ? TileScores.EndOfTriangle(vector) : rows, isFirst: keys == firstKeys);
                }
                TileScores.Multiply(
                    new(_valuesT + (nint)keys * TileScores.Panel, (long)_keyCount * TileScores.Panel),
                    new(_weights, (long)rows * TileScores.Panel),
                    _outputT, _block, _paddedDim, columns, rows, accumulate: keys > firstKeys,
                    isDiagonal ? BFloat16Tiles.Part.UpToColumn : BFloat16Tiles.Part.Whole);
            }
            Finish(_statistics is null ? null : _statistics + (nint)head * _shape.Tokens + first, count);
            Packing<BFloat16Element>.UnpackColumns(
                _outputT, _block, count, _dim, _sum, _outputs + offset, _shape.QueryStride);
        }

        // Scores of 16 queries become weights relative to the greatest score so far; what was summed before is rescaled
        // to it. Scores are subtracted before they are scaled: the greatest one's weight is 1 however large it is.
        private void UpdateSoftmax(int vector, int distance, int rows, int end, bool isFirst)
        {
            var seen = new TileScores.VisibleKeys(distance, _shape.Window, rows);
            var scale = Vector512.Create(_scale);
            var maxima = _max + vector * Lanes;
            var sums = _sum + vector * Lanes;
            var before = Vector512.Load(maxima);
            var now = Vector512.MaxNative(before, Greatest(_scores + vector * Lanes, distance, seen));
            now.Store(maxima);
            // Where no key was seen yet every weight is 0, and not the exponential of ∞ − ∞.
            var shift = Vector512.ConditionalSelect(
                Vector512.Equals(now, Vector512.Create(float.NegativeInfinity)), Vector512<float>.Zero, now);
            var sum = StoreWeights(vector, seen, rows, end, scale, shift);
            var factor = VectorMath.Exp2((before - shift) * scale);
            Vector512.FusedMultiplyAdd(Vector512.Load(sums), factor, sum).Store(sums);
            if (isFirst || Vector512.EqualsAll(before, now))
                return;
            for (var i = 0; i < _dim; i++)
            {
                var output = _outputT + i * _block + vector * Lanes;
                (Vector512.Load(output) * factor).Store(output);
            }
        }

        // Also hides scores: sets them to −∞ for the queries that do not see the key.
        private Vector512<float> Greatest(float* scores, int distance, TileScores.VisibleKeys seen)
        {
            var stride = _block;
            var infinity = Vector512.Create(float.NegativeInfinity);
            var (even, odd) = (infinity, infinity);
            for (var key = seen.AllFrom; key < seen.AllTo; key += 2)
            {
                even = Vector512.MaxNative(even, Vector512.Load(scores + key * stride));
                odd = Vector512.MaxNative(odd, Vector512.Load(scores + (key + 1) * stride));
            }
            even = Vector512.MaxNative(even, GreatestVisible(scores, distance, seen.From, seen.AllFrom));
            odd = Vector512.MaxNative(odd, GreatestVisible(scores, distance, seen.AllTo, seen.To));
            return Vector512.MaxNative(even, odd);
        }

        private Vector512<float> GreatestVisible(float* scores, int distance, int from, int to)
        {
            int stride = _block, window = _shape.Window;
            var infinity = Vector512.Create(float.NegativeInfinity);
            var greatest = infinity;
            for (var key = from; key < to; key++)
            {
                var score = Vector512.ConditionalSelect(
                    TileScores.Visible(distance - key, window), Vector512.Load(scores + key * stride), infinity);
                score.Store(scores + key * stride);
                greatest = Vector512.MaxNative(greatest, score);
            }
            return greatest;
        }

        // Weights of the keys up to `end`; those behind are not read.
        private Vector512<float> StoreWeights(
            int vector, TileScores.VisibleKeys seen, int rows, int end, Vector512<float> scale,
            Vector512<float> shift)
        {
            var scores = _scores + vector * Lanes;
            var (weights, stride) = ((nint)_weights, _block);
            var sum = Vector512<float>.Zero;
            for (var key = 0; key < seen.From; key += 2)
                TileScores.StorePair((ushort*)weights + TileScores.PairOffset(key, vector, rows), default, default);
            for (var key = seen.From; key < seen.To; key += 2)
            {
                var row = scores + key * stride;
                var even = VectorMath.Exp2((Vector512.Load(row) - shift) * scale);
                var odd = VectorMath.Exp2((Vector512.Load(row + stride) - shift) * scale);
                sum += even + odd;
                TileScores.StorePair((ushort*)weights + TileScores.PairOffset(key, vector, rows), even, odd);
            }
            for (var key = seen.To; key < end; key += 2)
                TileScores.StorePair((ushort*)weights + TileScores.PairOffset(key, vector, rows), default, default);
            return sum;
        }

        // The greatest scores and the logarithms of the sums, and the sums' reciprocals in their place.
        private void Finish(float* statistics, int count)
        {
            for (var row = 0; row < count; row += Lanes)
            {
                var sum = Vector512.Load(_sum + row);
                (Vector512<float>.One / sum).Store(_sum + row);
                if (statistics is null)
                    continue;
                var (there, logSum) = (Math.Min(Lanes, count - row), Vector512.Log2(sum));
                new ReadOnlySpan<float>(_max + row, there).CopyTo(new Span<float>(statistics + row, there));
                new ReadOnlySpan<float>(&logSum, there).CopyTo(
                    new Span<float>(statistics + _shape.Statistics + row, there));
            }
        }
    }
}
