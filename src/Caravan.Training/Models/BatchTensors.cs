using Caravan.Data;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Torch;

namespace Caravan.Training.Models;

/// <summary>A batch of tokens as a model takes it.</summary>
internal static class BatchTensors
{
    /// <summary>Ids, positions and boundaries, on the device.</summary>
    public static ModelInput Input(this TokenBatch batch, Device device) => new(
        Ids(batch.InputIds, device), Ids(batch.PositionIds, device), batch.MaxLength - 1,
        new SequenceBoundaries(batch.CuSeqLens));

    /// <summary>int64 [tokens].</summary>
    public static Tensor TargetIds(this TokenBatch batch, Device device) => Ids(batch.Targets, device);

    private static Tensor Ids(int[] values, Device device) =>
        Tensor.tensor([.. values.Select(value => (long)value)]).to(device);
}
