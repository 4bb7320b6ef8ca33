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

    /// <param name="logSums">[heads, tokens]: log₂ Σ exp of each query's scaled scores; null where not needed.</param>
    internal static void Run(
        T* queries, T* keys, T* values, T* outputs, float* logSums, AttentionShape shape,
        SequenceBoundaries boundaries, float scale)
    {
        var items = new List<(int Document, int First)>();
        foreach (var document in AttentionShape.LongestFirst(boundaries))
        {
            for (var first = 0; first < boundaries.Length(document); first += Segment)
                items.Add((document, first));
        }
        var heads = shape.KeyValueHeads;
        ThreadTeam.Run(items.Count * heads, 2 * shape.Work(boundaries), item =>
        {
            var (document, first) = items[item / heads];
            new Document(queries, keys, values, outputs, logSums, shape, scale * VectorMath.Log2E,
                boundaries.Start(document), boundaries.Length(document), item % heads).Attend(first);
        });
    }

    // One document's attention in one head of keys and values.
    private readonly ref struct Document
    {
        private readonly T* _queries, _outputs;
        private readonly float* _logSums;
        private readonly AttentionShape _shape;
        private readonly float _scale;
        private readonly int _length, _dim, _padded, _block;

        // keysT: [blocks][head_dim][block]; values: [tokens][padded]; scores: [4][block]; the others: [block][padded].
        private readonly float* _keysT, _values, _block0, _output, _scores, _max, _sum;

        internal Document(
            T* queries, T* keys, T* values, T* outputs, float* logSums, AttentionShape shape, float scale, int start,
            int length, int head)
        {
            (_shape, _scale, _length) = (shape, scale, length);
            (_dim, _padded, _block) = (shape.HeadDim, shape.PaddedDim, Math.Min(Block, AttentionShape.Pad(length)));
            var firstHead = head * shape.Group;
            _queries = queries + (nint)start * shape.QueryStride + firstHead * _dim;
            _outputs = outputs + (nint)start * shape.QueryStride + firstHead * _dim;
            _logSums = logSums is null ? null : logSums + (nint)firstHead * shape.Tokens + start;
            keys += (nint)start * shape.KeyStride + head * _dim;
            values += (nint)start * shape.KeyStride + head * _dim;

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

            for (var first = 0; first < length; first += _block)
            {
                Packing<T>.Rows(keys + (nint)first * shape.KeyStride, shape.KeyStride,
                    Math.Min(_block, length - first), _block, _dim, _padded, _block0);
                Packing<T>.Transpose(_block0, _padded, _dim, _block, _keysT + (nint)first * _dim);
            }
            Packing<T>.Rows(values, shape.KeyStride, length, paddedLength, _dim, _padded, _values);
        }

        // All query heads, for the queries of one segment.
        internal void Attend(int segment)
        {
            var end = Math.Min(_length, segment + Segment);
            for (var head = 0; head < _shape.Group; head++)
            {
                for (var first = segment; first < end; first += _block)
                    AttendBlock(head, first, Math.Min(_block, _length - first));
            }
        }

        private void AttendBlock(int head, int first, int count)
        {
            var offset = (nint)first * _shape.QueryStride + head * _dim;
            var paddedCount = (count + SmallGemm.Rows - 1) & -SmallGemm.Rows;
            Packing<T>.Rows(_queries + offset, _shape.QueryStride, count, paddedCount, _dim, _padded, _block0);
            new Span<float>(_max, _block).Fill(float.NegativeInfinity);
            new Span<float>(_sum, _block).Clear();
            for (var keys = 0; keys <= first; keys += _block)
            {
                for (var row = 0; row < paddedCount; row += SmallGemm.Rows)
                    AttendTile(row, count, first, keys);
            }
            Finish(_logSums is null ? null : _logSums + (nint)head * _shape.Tokens + first, count);
            Packing<T>.Unpack(_output, _padded, count, _dim, _sum, _outputs + offset, _shape.QueryStride);
        }

        // The logarithms of the sums, and the sums' reciprocals in their place.
        private void Finish(float* logSums, int count)
        {
            for (var row = 0; row < count; row += Lanes)
            {
                var sum = Vector512.Load(_sum + row);
                (Vector512<float>.One / sum).Store(_sum + row);
                if (logSums is null)
                    continue;
                var logSum = Vector512.Load(_max + row) + Vector512.Log2(sum);
                if (row + Lanes <= count)
                    logSum.Store(logSums + row);
                else
                    new ReadOnlySpan<float>(&logSum, count - row).CopyTo(new Span<float>(logSums + row, Lanes));
            }
        }

        // Four queries and the keys of one block.
        private void AttendTile(int row, int count, int first, int keys)
        {
            var seen = keys == first ? Math.Min(row + SmallGemm.Rows, count) : _block;
            var vectors = (seen + Lanes - 1) / Lanes;
            SmallGemm.Multiply(_block0 + row * _padded, _padded, 1, _keysT + (nint)keys * _dim, _block,
                _scores, _block, vectors, _dim, accumulate: false);
            for (var i = 0; i < SmallGemm.Rows; i++)
            {
                if (row + i < count)
                    UpdateSoftmax(row + i, _scores + i * _block, keys == first ? row + i + 1 : _block, vectors);
                else
                    new Span<float>(_scores + i * _block, vectors * Lanes).Clear();
            }
            SmallGemm.Multiply(_scores, _block, 1, _values + (nint)keys * _padded, _padded,
                _output + row * _padded, _padded, _padded / Lanes, seen, accumulate: keys > 0);
        }

        // Scores become weights relative to the greatest score so far; what was summed before is rescaled to it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void UpdateSoftmax(int row, float* scores, int valid, int vectors)
        {
            var scale = Vector512.Create(_scale);
            var infinity = Vector512.Create(float.NegativeInfinity);
            var greatest = infinity;
            var whole = valid / Lanes;
            for (var i = 0; i < whole; i++)
                greatest = Vector512.MaxNative(greatest, Vector512.Load(scores + i * Lanes) * scale);
            if (whole < vectors)
            {
                var inside = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(valid - whole * Lanes));
                var last = Vector512.ConditionalSelect(
                    inside.AsSingle(), Vector512.Load(scores + whole * Lanes), infinity);
                last.Store(scores + whole * Lanes);
                greatest = Vector512.MaxNative(greatest, last * scale);
            }
            var before = _max[row];
            var now = MathF.Max(before, VectorMath.Max(greatest));
            var shift = Vector512.Create(-now);
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < vectors; i++)
            {
                var weight = VectorMath.Exp2(
                    Vector512.FusedMultiplyAdd(Vector512.Load(scores + i * Lanes), scale, shift));
                weight.Store(scores + i * Lanes);
                sum += weight;
            }
            _max[row] = now;
            if (before != now && before != float.NegativeInfinity)
            {
                var factor = VectorMath.Exp2(Vector512.Create(before - now));
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
