using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Attention;

/// <summary>
/// Attention in blocks with a running softmax, so that scores exist for four queries and one block of keys at a time
/// (FlashAttention-2, arXiv:2307.08691, algorithm 1). Exponentials are powers of two: log₂e is part of the scale.
/// </summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class AttentionForward<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int Block = AttentionShape.Block;

    // Queries of one work item. The keys are packed anew for each, which costs little against so many queries.
    private const int Segment = 8 * Block;

    /// <param name="statistics">[2, heads, tokens]: each query's greatest score, and log₂ of the sum of its weights
    /// relative to it; null where not needed.</param>
    /// <param name="firstQuery">Where the queries of a document begin; its keys begin at 0. The pointers are those that
    /// the document's query 0 would have.</param>
    internal static void Run(
        T* queries, T* keys, T* values, T* outputs, float* statistics, AttentionShape shape,
        SequenceBoundaries boundaries, float scale, int firstQuery = 0)
    {
        var items = new List<(int Document, int First)>();
        foreach (var document in AttentionShape.LongestFirst(boundaries))
        {
            for (var first = firstQuery; first < boundaries.Length(document); first += Segment)
                items.Add((document, first));
        }
        var heads = shape.KeyValueHeads;
        ThreadTeam.Run(items.Count * heads, 2 * shape.Work(boundaries), item =>
        {
            var (document, first) = items[item / heads];
            var end = Math.Min(boundaries.Length(document), first + Segment);
            new Document(queries, keys, values, outputs, statistics, shape, scale * VectorMath.Log2E,
                boundaries.Start(document), first, end, item % heads).Attend();
        });
    }

    // The attention of one segment of a document's queries in one head of keys and values.
    private readonly ref struct Document
    {
        private readonly T* _queries, _outputs;
        private readonly float* _statistics;
        private readonly AttentionShape _shape;
        private readonly float _scale;
        private readonly int _first, _end, _base, _dim, _padded, _block;

        // Of the keys from _base to _end, all that the segment sees. keysT: [blocks][head_dim][block]; values:
        // [tokens][padded]; scores: [4][block]; the others: [block][padded].
        private readonly float* _keysT, _values, _block0, _output, _scores, _max, _sum;

        internal Document(
            T* queries, T* keys, T* values, T* outputs, float* statistics, AttentionShape shape, float scale,
            int start, int first, int end, int head)
        {
            (_shape, _scale, _first, _end, _base) = (shape, scale, first, end, shape.FirstKey(first) & -Lanes);
            var length = end - _base;
            (_dim, _padded, _block) = (shape.HeadDim, shape.PaddedDim, Math.Min(Block, AttentionShape.Pad(length)));
            var firstHead = head * shape.Group;
            _queries = queries + (nint)start * shape.QueryStride + firstHead * _dim;
            _outputs = outputs + (nint)start * shape.QueryStride + firstHead * _dim;
            _statistics = statistics is null ? null : statistics + (nint)firstHead * shape.Tokens + start;
            keys += (nint)(start + _base) * shape.KeyStride + head * _dim;
            values += (nint)(start + _base) * shape.KeyStride + head * _dim;

            var paddedLength = (length + _block - 1) / _block * _block;
            var scratch = Scratch.Open(
                (nint)paddedLength * (_dim + _padded) + 2 * _block * _padded + SmallGemm.Rows * _block + 2 * _block);
            _keysT = scratch.Take((nint)paddedLength * _dim);
            _values = scratch.Take((nint)paddedLength * _padded);
            _block0 = scratch.Take(_block * _padded);
            _output = scratch.Take(_block * _padded);
            _scores = scratch.Take(SmallGemm.Rows * _block);
            _max = scratch.Take(_block);
            _sum = scratch.Take(_block);

            for (var key = 0; key < length; key += _block)
            {
                Packing<T>.Rows(keys + (nint)key * shape.KeyStride, shape.KeyStride,
                    Math.Min(_block, length - key), _block, _dim, _padded, _block0);
                Packing<T>.Transpose(_block0, _padded, _dim, _block, _keysT + (nint)key * _dim);
            }
            Packing<T>.Rows(values, shape.KeyStride, length, paddedLength, _dim, _padded, _values);
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
            var paddedCount = (count + SmallGemm.Rows - 1) & -SmallGemm.Rows;
            Packing<T>.Rows(_queries + offset, _shape.QueryStride, count, paddedCount, _dim, _padded, _block0);
            new Span<float>(_max, _block).Fill(float.NegativeInfinity);
            new Span<float>(_sum, _block).Clear();
            new Span<float>(_output, _block * _padded).Clear();
            var keys = (_shape.FirstKey(first) - _base) / _block * _block;
            for (; _base + keys < first + count; keys += _block)
            {
                for (var row = 0; row < paddedCount; row += SmallGemm.Rows)
                    AttendTile(row, count, first, keys);
            }
            Finish(_statistics is null ? null : _statistics + (nint)head * _shape.Tokens + first, count);
            Packing<T>.Unpack(_output, _padded, count, _dim, _sum, _outputs + offset, _shape.QueryStride);
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

        // Four queries and the keys of one block.
        private void AttendTile(int row, int count, int first, int keys)
        {
            // Which keys of the block the tile's first query sees begins here, and what its last one sees ends here.
            var position = first + row - _base - keys;
            var seen = Math.Min(position + Math.Min(SmallGemm.Rows, count - row), _block);
            if (seen <= 0 || position - _shape.Window >= _block - 1)
                return;
            var vectors = (seen + Lanes - 1) / Lanes;
            SmallGemm.Multiply(_block0 + row * _padded, _padded, 1, _keysT + (nint)keys * _dim, _block,
                _scores, _block, vectors, _dim, accumulate: false);
            for (var i = 0; i < SmallGemm.Rows; i++)
            {
                if (row + i < count)
                {
                    UpdateSoftmax(row + i, _scores + i * _block, position + i - _shape.Window + 1,
                        Math.Min(position + i + 1, _block), vectors);
                }
                else
                {
                    new Span<float>(_scores + i * _block, vectors * Lanes).Clear();
                }
            }
            SmallGemm.Multiply(_scores, _block, 1, _values + (nint)keys * _padded, _padded,
                _output + row * _padded, _padded, _padded / Lanes, seen, accumulate: true);
        }

        // Scores become weights relative to the greatest score so far; what was summed before is rescaled to it. Scores
        // are subtracted before they are scaled: the greatest one's weight is 1 however large it is. Only the keys from
        // `low` up to `high` are seen.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void UpdateSoftmax(int row, float* scores, int low, int high, int vectors)
        {
            if (low > 0)
                new Span<float>(scores, Math.Min(low, vectors * Lanes)).Fill(float.NegativeInfinity);
            high = Math.Max(0, high);
            if (high < vectors * Lanes)
                new Span<float>(scores + high, vectors * Lanes - high).Fill(float.NegativeInfinity);
            var scale = Vector512.Create(_scale);
            var greatest = Vector512.Create(float.NegativeInfinity);
            for (var i = 0; i < vectors; i++)
                greatest = Vector512.MaxNative(greatest, Vector512.Load(scores + i * Lanes));
            var before = _max[row];
            var now = MathF.Max(before, VectorMath.Max(greatest));
            if (now == float.NegativeInfinity)
            {
                new Span<float>(scores, vectors * Lanes).Clear();
                return;
            }
            var shift = Vector512.Create(now);
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < vectors; i++)
            {
                var weight = VectorMath.Exp2((Vector512.Load(scores + i * Lanes) - shift) * scale);
                weight.Store(scores + i * Lanes);
                sum += weight;
            }
            _max[row] = now;
            if (before != now && before != float.NegativeInfinity)
            {
                var factor = VectorMath.Exp2(Vector512.Create((before - now) * _scale));
                _sum[row] *= factor[0];
                Rescale(_output + row * _padded, factor);
            }
            _sum[row] += VectorMath.Sum(sum);
        }

        private void Rescale(float* output, Vector512<float> factor)
        {
            for (var i = 0; i < _padded; i += Lanes)
                (Vector512.Load(output + i) * factor).Store(output + i);
        }
    }
}
