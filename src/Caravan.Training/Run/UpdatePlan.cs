using Caravan.Data;

namespace Caravan.Training.Run;

/// <summary>One update's share of the data: consecutive micro-batches of one epoch.</summary>
public readonly record struct UpdateSlice(int Epoch, int FirstMicroBatch, int MicroBatches, double EpochsDone);

/// <summary>
/// Which micro-batches make which update. The last update of an epoch takes what is left, so that no update mixes
/// epochs. The plan depends on the data and the seed alone: the number of updates made is a complete position.
/// </summary>
public sealed class UpdatePlan
{
    private readonly BatchPlan _batches;
    private readonly int _accumulation;
    private readonly List<UpdateSlice> _slices = [];
    private EpochPlan? _current;

    /// <param name="accumulation">Micro-batches of one update.</param>
    /// <param name="epochs">Passes over the data, unless <paramref name="steps"/> says how many updates.</param>
    public UpdatePlan(BatchPlan batches, int accumulation, int epochs, int? steps)
    {
        (_batches, _accumulation) = (batches, accumulation);
        for (var epoch = 0; steps is { } wanted ? _slices.Count < wanted : epoch < epochs; epoch++)
            AddEpoch(epoch);
        if (steps is { } limit && _slices.Count > limit)
            _slices.RemoveRange(limit, _slices.Count - limit);
    }

    /// <summary>Updates of the whole run.</summary>
    public int TotalSteps => _slices.Count;

    /// <summary>Share of the rows' room that holds tokens, in the first epoch.</summary>
    public double FillRatio => Plan(0).FillRatio;

    /// <summary>The micro-batches of an update, with the epochs that are done after it.</summary>
    public (TokenBatch[] MicroBatches, double EpochsDone) Update(TrainingSet data, int update)
    {
        var slice = _slices[update];
        var batches = data.Batches(Plan(slice.Epoch), slice.FirstMicroBatch).Take(slice.MicroBatches);
        return ([.. batches], slice.EpochsDone);
    }

    private void AddEpoch(int epoch)
    {
        var count = Plan(epoch).MicroBatches.Count;
        for (var first = 0; first < count; first += _accumulation)
        {
            var length = Math.Min(_accumulation, count - first);
            _slices.Add(new UpdateSlice(epoch, first, length, epoch + (double)(first + length) / count));
        }
    }

    private EpochPlan Plan(int epoch)
    {
        if (_current?.Epoch != epoch)
            _current = _batches.Epoch(epoch);
        return _current;
    }
}
