namespace Caravan.Checkpoints;

/// <summary>A tensor whose row-major elements lie in several pieces of other tensors, one after the other.</summary>
internal sealed class SegmentedTensor : WeightTensor
{
    private readonly List<(WeightTensor Source, long First)> _segments = [];
    private readonly List<long> _starts = [];

    /// <param name="info">Shape and type; the segments together have at least as many elements.</param>
    /// <param name="segments">Tensors of the same type, the first element to take and how many.</param>
    public SegmentedTensor(TensorInfo info, IEnumerable<(WeightTensor Source, long First, long Count)> segments)
        : base(info)
    {
        long start = 0;
        foreach (var (source, first, count) in segments)
        {
            _segments.Add((source, first));
            _starts.Add(start);
            start += count;
        }
        _starts.Add(start);
        if (start < info.ElementCount)
            throw new ArgumentException($"{info}: the segments have only {start} elements.", nameof(segments));
    }

    public override void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var element = offset / size;
        var segment = _starts.BinarySearch(element);
        segment = segment >= 0 ? segment : ~segment - 1;
        while (destination.Length > 0)
        {
            var count = (int)Math.Min(_starts[segment + 1] - element, destination.Length / size);
            if (count > 0)
            {
                var (source, first) = _segments[segment];
                source.Read((first + element - _starts[segment]) * size, destination[..(count * size)]);
            }
            destination = destination[(count * size)..];
            element += count;
            segment++;
        }
    }
}
